package io.sluice.sse.hub.log;

import io.sluice.sse.topic.TopicPattern;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Topics in the order of their names, read from the first character or from the last. The slash is the lowest of all, so
 * that the topics which begin (or end) with the same segments lie next to each other: a tree of segments, in one array.
 * Immutable.
 */
final class TopicOrder {

    /** So few are looked at one by one. */
    private static final int FEW = 4;

    private final Topic[] topics;
    private final boolean fromLast;

    /** Takes the array, and sorts it; what is sorted already, in one run or two, costs a walk. */
    TopicOrder(Topic[] topics, boolean fromLast) {
        this.topics = topics;
        this.fromLast = fromLast;
        Arrays.sort(topics, (a, b) -> compare(a.name, b.name));
    }

    int size() {
        return topics.length;
    }

    void copyInto(Topic[] into) {
        System.arraycopy(topics, 0, into, 0, topics.length);
    }

    /** The topics from an index up to another. */
    record Range(int from, int to) {
        int size() {
            return to - from;
        }
    }

    /** Those that begin with these segments (end with them, if read from the last), or have no others. */
    Range range(String segments) {
        return segments.isEmpty() ? new Range(0, topics.length) : range(0, topics.length, 0, segments);
    }

    /** Shows those of the range that the pattern stands for, looking at each. */
    void forEachIn(Range range, TopicPattern pattern, Consumer<Topic> action) {
        for (int i = range.from; i < range.to; i++) {
            if (pattern.matches(topics[i].name)) {
                action.accept(topics[i]);
            }
        }
    }

    /**
     * Shows those of the range that the pattern stands for, and passes over what lies below other segments. Only for an
     * order from the first.
     *
     * @param depth so many segments of the pattern are those of {@link #range}, which all topics of the range share
     * @param at where the next segment begins in all of them
     */
    void forEachBelow(Range range, TopicPattern pattern, int depth, int at, Consumer<Topic> action) {
        if (range.size() <= FEW) {
            forEachIn(range, pattern, action);
            return;
        }
        String[] segments = PatternSegments.of(pattern);
        int i = range.from;
        if (depth < segments.length && segments[depth].equals(TopicPattern.ANY_NUMBER)) {
            for (; i < range.to; i++) {
                action.accept(topics[i]);
            }
            return;
        }
        for (; i < range.to && topics[i].name.length() < at; i++) { // those that have no further segment come first
            if (depth == segments.length) {
                action.accept(topics[i]);
            }
        }
        if (depth == segments.length) {
            return;
        }
        if (!segments[depth].equals(TopicPattern.ANY_ONE)) {
            Range named = range(i, range.to, at, segments[depth]);
            forEachBelow(named, pattern, depth + 1, at + segments[depth].length() + 1, action);
            return;
        }
        while (i < range.to) {
            String name = topics[i].name;
            int slash = name.indexOf('/', at);
            int end = slash < 0 ? name.length() : slash;
            Range one = new Range(i, behind(i, range.to, at, name.substring(at, end)));
            forEachBelow(one, pattern, depth + 1, end + 1, action);
            i = one.to;
        }
    }

    private Range range(int low, int high, int at, String segments) {
        int from = search(low, high, at, segments, 0);
        return new Range(from, search(from, high, at, segments, 1));
    }

    /** The first index behind those below a segment, the first of which is known: near by, most often. */
    private int behind(int from, int to, int at, String segment) {
        int low = from;
        int step = 1;
        while (low + step < to && side(topics[low + step].name, at, segment) == 0) {
            low += step;
            step <<= 1;
        }
        return search(low + 1, Math.min(to, low + step), at, segment, 1);
    }

    /** The first index, of those from {@code low} to {@code high}, whose topic stands on that side of the segments or behind. */
    private int search(int low, int high, int at, String segments, int side) {
        int from = low;
        int to = high;
        while (from < to) {
            int middle = (from + to) >>> 1;
            if (side(topics[middle].name, at, segments) >= side) {
                to = middle;
            } else {
                from = middle + 1;
            }
        }
        return from;
    }

    /** Whether a name comes before (-1) all that have these segments from {@code at} on, is one of them (0), or behind (1). */
    private int side(String name, int at, String segments) {
        int length = segments.length();
        for (int i = 0; i < length; i++) {
            if (at + i >= name.length()) {
                return -1;
            }
            int difference = rank(name, at + i) - rank(segments, i);
            if (difference != 0) {
                return difference < 0 ? -1 : 1;
            }
        }
        return at + length == name.length() || rank(name, at + length) == 0 ? 0 : 1;
    }

    private int compare(String a, String b) {
        int shorter = Math.min(a.length(), b.length());
        for (int i = 0; i < shorter; i++) {
            int difference = rank(a, i) - rank(b, i);
            if (difference != 0) {
                return difference;
            }
        }
        return a.length() - b.length();
    }

    private int rank(String text, int index) {
        char c = text.charAt(fromLast ? text.length() - 1 - index : index);
        return c == '/' ? 0 : c; // no name has the character 0
    }
}
