package io.sluice.sse.hub.lane;

import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each sink receives the events of its selector in position order, each at most once per connection. Across reconnects
 * it receives exactly the missed events or a gap, and no gap where nothing was missed. In a topic that conflates,
 * superseded events may be omitted: the last event of a key that a client reads is the latest, or a gap was sent.
 *
 * <p>A random run of a hub is checked against a model that knows only the published events, what each client's parser
 * read, and when each event was evicted. {@code -Dsluice.seed=…} repeats one run, {@code -Dsluice.lives=…} sets the
 * number of runs.
 */
class Invariant2OrderAndResumeTest {

    /**
     * 4440051: sinks that rejoined their lane missed an event in the table of a topic, as the topic waited for a later
     * evicted event. 10083471: a gap skips events from before the client's start.
     */
    private static final long[] FAILED_ONCE = {4440051, 10083471};

    static LongStream seeds() {
        String given = System.getProperty("sluice.seed");
        long first = System.nanoTime() & 0xFFFFFF;
        return given != null
                ? LongStream.of(Long.parseLong(given))
                : LongStream.concat(
                        LongStream.of(FAILED_ONCE),
                        LongStream.range(first, first + Integer.getInteger("sluice.lives", 16)));
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
