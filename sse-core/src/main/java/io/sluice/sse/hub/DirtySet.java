package io.sluice.sse.hub;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The dirty topics that some sinks of a pass have in common: a chain, one topic longer than {@link #shorter}. Sinks with
 * the same dirty topics meet in the same set, and what they receive is framed once for all of them. Used again by the
 * next pass.
 */
final class DirtySet {

    private @Nullable DirtySet shorter;
    private @Nullable LaneTopic last;

    /** The longer set that was made last out of this one. */
    private @Nullable DirtySet longer;

    /** What the sinks of this set receive, in order; empty until the first of them is written to. */
    final List<Frame> frames = new ArrayList<>(1);

    void begin(@Nullable DirtySet withoutLast, LaneTopic lastTopic) {
        shorter = withoutLast;
        last = lastTopic;
    }

    void end() {
        shorter = null;
        last = null;
        longer = null;
        frames.clear();
    }

    @Nullable
    DirtySet shorter() {
        return shorter;
    }

    LaneTopic last() {
        return Objects.requireNonNull(last);
    }

    /**
     * The set that has {@code topic} besides, if it was made. A pass goes topic by topic and never back to one, so the
     * set that was made last is the only one that is asked for again: no map is needed, and no key for it.
     */
    @Nullable
    DirtySet longerBy(LaneTopic topic) {
        return longer != null && longer.last == topic ? longer : null;
    }

    void setLonger(DirtySet set) {
        longer = set;
    }

    boolean isAlone() {
        return shorter == null;
    }
}
