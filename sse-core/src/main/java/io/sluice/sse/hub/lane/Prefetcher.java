package io.sluice.sse.hub.lane;

import org.jspecify.annotations.Nullable;

/**
 * Lets the processor fetch the memory of several sinks at once. Since the last pass a sink, its channel and its outbound
 * buffer have gone cold: a dozen cache lines, each found through the one before. Between two writes lies a system call, which
 * no processor looks beyond, so each write would wait for its own lines one after the other. Read for several sinks in a
 * row, with nothing between, these waits overlap. It changes nothing but the time that a pass takes.
 *
 * <p>Confined to its lane.
 */
final class Prefetcher {

    /** What is fetched for so many has to be there still when the last of them is written to. */
    static final int SINKS = 16;

    /** Made of all that was read, so that no compiler leaves the reading out. */
    @SuppressWarnings("unused")
    private long read;

    /** Looks at those that come next, each time when as many have been written to. */
    void look(SubscriberList list, int from) {
        if (from % SINKS == 0) {
            long all = 0;
            for (int i = from; i < Math.min(list.size(), from + SINKS); i++) {
                all += look(list.get(i).sink());
            }
            read = all;
        }
    }

    /** As {@link #look(SubscriberList, int)}. */
    void look(@Nullable LaneSink[] sinks, int from, int count) {
        if (from % SINKS == 0) {
            long all = 0;
            for (int i = from; i < Math.min(count, from + SINKS); i++) {
                LaneSink sink = sinks[i];
                all += sink == null ? 0 : look(sink);
            }
            read = all;
        }
    }

    private static long look(LaneSink sink) {
        return sink.isBehind() ? 0 : sink.lastSentPosition() + sink.prefetch(); // who is behind has no share in a pass
    }
}
