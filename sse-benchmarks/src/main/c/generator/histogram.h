#ifndef HISTOGRAM_H
#define HISTOGRAM_H
#include <stdint.h>
// All that was recorded, in buckets eight times as wide: enough to draw, and short enough to print.
void latency_each(void (*use)(double nanos, uint64_t count));
#endif
