package io.sluice.sse.history;

/**
 * A range of positions after which events may have been lost. A client that resumes from a position in the range is
 * notified of a gap.
 *
 * @param after the range starts after this position
 * @param upTo the last position of the range
 */
public record LostRange(long after, long upTo) {

    /** Whether {@code position} is in the range. */
    public boolean contains(long position) {
        return position > after && position <= upTo;
    }
}
