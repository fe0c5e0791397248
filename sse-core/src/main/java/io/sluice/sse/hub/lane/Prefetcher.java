package io.sluice.sse.hub.lane;

import org.jspecify.annotations.Nullable;

/**
 * Reads the memory of several sinks before a pass writes to them. Since the last pass, a sink, its channel and its
 * outbound buffer have left the processor's cache: a dozen cache lines, each found through the one before. Each write
 * includes a system call, and a processor does not read ahead across it, so every write would wait for its own lines.
 * If several sinks are read in a row, these waits overlap. This changes only the duration of a pass.
 *
 * <p>Confined to the lane.
 */
final class Prefetcher {

    /** Few enough that the memory of the last sink is still in the cache when the pass writes to it. */
    static final int SINKS = 16;

    /** The sum of what was read, so that the compiler does not remove the reads. */
    @SuppressWarnings("unused")
    private long sum;

    /** Reads the next sinks of a list, each time when the pass has written to as many. */
    void prefetch(SubscriberList list, int from) {
        if (from % SINKS == 0) {
            long all = 0;
            for (int i = from; i < Math.min(list.size(), from + SINKS); i++) {
                all += read(list.get(i).sink());
            }
            sum = all;
        }
    }

    /** As {@link #prefetch(SubscriberList, int)}. */
    void prefetch(@Nullable LaneSink[] sinks, int from, int count) {
        if (from % SINKS == 0) {
            long all = 0;
            for (int i = from; i < Math.min(count, from + SINKS); i++) {
                LaneSink sink = sinks[i];
                all += sink == null ? 0 : read(sink);
            }
            sum = all;
        }
    }

    private static long read(LaneSink sink) {
        return sink.isBehind() ? 0 : sink.lastSentPosition() + sink.prefetch(); // a sink that is behind takes no part
    }
}
