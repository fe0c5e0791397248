package io.sluice.sse.hub.lane;

import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each sink receives the events of its selector in position order, each at most once per connection; across reconnects
 * exactly the missed ones or a gap; no gap where nothing was missed. Of a topic that conflates, an event may be left
 * out when it was superseded: so the last event of a key that a client reads is the latest, or a gap was said.
 *
 * <p>A random life of a hub, judged by a model that knows only what was published, what each client's parser read, and
 * when an event was no longer kept. {@code -Dsluice.seed=…} repeats one life, {@code -Dsluice.lives=…}
 * lives as many.
 */
class Invariant2OrderAndResumeTest {

    static LongStream seeds() {
        String given = System.getProperty("sluice.seed");
        long first = System.nanoTime() & 0xFFFFFF;
        return given != null
                ? LongStream.of(Long.parseLong(given))
                : LongStream.range(first, first + Integer.getInteger("sluice.lives", 16));
    }

    @ParameterizedTest(name = "sluice.seed={0}")
    @MethodSource("seeds")
    void aRandomLife(long seed) {
        try {
            new RandomLife(seed).live();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("repeat with -Dsluice.seed=" + seed + ": " + e.getMessage(), e);
        }
    }
}
