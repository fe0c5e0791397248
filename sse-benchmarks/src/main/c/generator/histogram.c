// Latencies in buckets whose width is 1/128 of their value, so that a percentile is right within 0.8 %.
#include "generator.h"
#include "histogram.h"
#include <string.h>

#define SHIFT 7
#define PER_OCTAVE (1 << SHIFT)
#define BUCKETS ((64 - SHIFT) * PER_OCTAVE)

static uint64_t buckets[BUCKETS];
static int64_t count, largest;

static int bucket_of(uint64_t value) {
    if (value < PER_OCTAVE) return (int)value;
    int octave = 63 - __builtin_clzll(value) - SHIFT; // value >> octave is in [128, 256)
    return (octave << SHIFT) + (int)(value >> octave);
}

static double middle_of(int bucket) {
    if (bucket < 2 * PER_OCTAVE) return bucket;
    int octave = (bucket >> SHIFT) - 1;
    return ((double)((bucket & (PER_OCTAVE - 1)) + PER_OCTAVE) + 0.5) * (double)(UINT64_C(1) << octave);
}

void latency_reset(void) {
    memset(buckets, 0, sizeof buckets);
    count = largest = 0;
}

void latency_add(int64_t nanos) {
    if (nanos < 0) nanos = 0;
    buckets[bucket_of((uint64_t)nanos)]++;
    count++;
    if (nanos > largest) largest = nanos;
}

int64_t latency_count(void) { return count; }

double latency_percentile(double fraction) {
    if (fraction >= 1) return (double)largest;
    uint64_t wanted = (uint64_t)(fraction * (double)count + 0.5), seen = 0;
    if (wanted < 1) wanted = 1;
    for (int i = 0; i < BUCKETS; i++) {
        seen += buckets[i];
        if (seen >= wanted) return middle_of(i) < (double)largest ? middle_of(i) : (double)largest;
    }
    return (double)largest;
}

void latency_each(void (*use)(double nanos, uint64_t count)) {
    enum { JOINED = 8 };
    for (int i = 0; i < BUCKETS; i += JOINED) {
        uint64_t sum = 0;
        for (int k = 0; k < JOINED; k++) sum += buckets[i + k];
        if (sum) use(middle_of(i + JOINED / 2), sum);
    }
}
