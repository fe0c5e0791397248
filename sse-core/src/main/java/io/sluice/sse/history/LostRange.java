package io.sluice.sse.history;

/**
 * Positions from which nobody can tell what was missed: somebody who comes from one of them is told of a gap.
 *
 * @param after the range begins behind this position
 * @param upTo its last position
 */
public record LostRange(long after, long upTo) {

    /** Whether {@code position} lies in it. */
    public boolean contains(long position) {
        return position > after && position <= upTo;
    }
}
