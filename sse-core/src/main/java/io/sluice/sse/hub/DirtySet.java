package io.sluice.sse.hub;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The dirty topics that some sinks of a pass have in common: a chain, one topic longer than {@link #shorter}. Sinks with
 * the same dirty topics meet in the same set, and what they receive is framed once for all of them. Used again by the
 * next pass.
 */
final class DirtySet {

    @Nullable
    DirtySet shorter;

    @Nullable
    LaneTopic last;

    /** What the sinks of this set receive, in order; empty until the first of them is written to. */
    final List<Frame> frames = new ArrayList<>(1);

    boolean isAlone() {
        return shorter == null;
    }
}
