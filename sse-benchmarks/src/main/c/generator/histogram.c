// Latencies in buckets whose width is 1/128 of their value, so that a percentile is right within 0.8 %.
#include "generator.h"
#include "histogram.h"
#include <string.h>

#define SHIFT 7
#define PER_OCTAVE (1 << SHIFT)
#define BUCKETS ((64 - SHIFT) * PER_OCTAVE)

static struct histogram {
    uint64_t buckets[BUCKETS];
    int64_t count, largest;
} all[2], *h = all;

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

void latency_of(int number) { h = &all[number]; }

void latency_reset(void) { memset(h, 0, sizeof *h); }

void latency_add(int64_t nanos) {
    if (nanos < 0) nanos = 0;
    h->buckets[bucket_of((uint64_t)nanos)]++;
    h->count++;
    if (nanos > h->largest) h->largest = nanos;
}

int64_t latency_count(void) { return h->count; }

double latency_percentile(double fraction) {
    if (fraction >= 1) return (double)h->largest;
    uint64_t wanted = (uint64_t)(fraction * (double)h->count + 0.5), seen = 0;
    if (wanted < 1) wanted = 1;
    for (int i = 0; i < BUCKETS; i++) {
        seen += h->buckets[i];
        if (seen >= wanted) return middle_of(i) < (double)h->largest ? middle_of(i) : (double)h->largest;
    }
    return (double)h->largest;
}

void latency_each(void (*use)(double nanos, uint64_t count)) {
    enum { JOINED = 8 };
    for (int i = 0; i < BUCKETS; i += JOINED) {
        uint64_t sum = 0;
        for (int k = 0; k < JOINED; k++) sum += h->buckets[i + k];
        if (sum) use(middle_of(i + JOINED / 2), sum);
    }
}
