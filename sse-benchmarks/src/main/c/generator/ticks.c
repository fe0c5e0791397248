// Data that looks like price ticks in JSON, with exactly the wanted size. Names and form repeat, and prices move a
// little, so it compresses about as well as real ticks. Each run has the same sequence.
#include "generator.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SYMBOLS = 10 };

static const char *const symbols[SYMBOLS] = {"EURUSD", "USDJPY", "GBPUSD", "AUDUSD", "USDCHF",
                                             "USDCAD", "NZDUSD", "EURJPY", "EURGBP", "XAUUSD"};
static double prices[SYMBOLS] = {1.08431, 154.217, 1.26644, 0.65412, 0.88123,
                                 1.37005, 0.59871, 167.224, 0.85611, 2411.35};

static uint64_t next_random(void) {
    static uint64_t state = UINT64_C(88172645463325252);
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static int part(uint64_t random, int shift, unsigned mask) { return (int)(random >> shift & mask); }

void tick(char *into, int size, const char *marker, int64_t seq) {
    static const char fill[] = "indicative;source=aggregated;tier=1;";
    uint64_t random = next_random();
    int i = (int)(random % SYMBOLS);
    prices[i] *= 1 + (part(random, 20, 1023) - 511) * 1e-7;
    double spread = prices[i] * 3e-5 * (1 + part(random, 32, 7));
    int n = snprintf(into, (size_t)size + 1,
                     TICK_PREFIX
                     "%s\",\"symbol\":\"%s\",\"bid\":%.5f,\"ask\":%.5f,\"bidSize\":%d,\"askSize\":%d,"
                     "\"last\":%.5f,\"volume\":%d,\"venue\":\"%s\",\"ts\":\"2026-11-29T12:%02d:%02d.%03dZ\","
                     "\"seq\":%" PRId64 ",\"pad\":\"",
                     marker, symbols[i], prices[i], prices[i] + spread, 100 * part(random, 36, 127),
                     100 * part(random, 43, 127), prices[i] + spread / 2, part(random, 50, 8191),
                     part(random, 60, 1) ? "LD4" : "NY4", (int)(seq / 60000 % 60), (int)(seq / 1000 % 60),
                     (int)(seq % 1000), seq);
    if (n > size - 2) n = size - 2;
    for (; n < size - 2; n++) into[n] = fill[n % (int)(sizeof fill - 1)];
    memcpy(into + size - 2, "\"}", 3);
}
