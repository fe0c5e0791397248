package io.sluice.sse.hub.log;

import io.sluice.sse.topic.TopicPattern;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Topics sorted by name, from the first character or from the last one. The slash sorts before all other characters. So
 * the topics that begin (or end) with the same segments are next to each other, and the array represents a tree of
 * segments. Immutable.
 */
final class TopicOrder {

    /** Up to this number of topics, all are checked one by one. */
    private static final int LINEAR_LIMIT = 4;

    private final Topic[] topics;
    private final boolean fromLast;

    /** Sorts the array and keeps it. An array of one or two sorted runs is sorted in linear time. */
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

    /** The topics from one index (inclusive) to another (exclusive). */
    record Range(int from, int to) {
        int size() {
            return to - from;
        }
    }

    /**
     * The topics that begin with these segments (or end with them, if sorted from the last character) or equal them.
     */
    Range range(String segments) {
        return segments.isEmpty() ? new Range(0, topics.length) : range(0, topics.length, 0, segments);
    }

    /** Calls {@code action} with the topics of the range that match the pattern. It checks each topic of the range. */
    void forEachIn(Range range, TopicPattern pattern, Consumer<Topic> action) {
        for (int i = range.from; i < range.to; i++) {
            if (pattern.matches(topics[i].name)) {
                action.accept(topics[i]);
            }
        }
    }

    /**
     * Calls {@code action} with the topics of the range that match the pattern, and skips those below other segments.
     * Only for an order from the first character.
     *
     * @param depth how many segments of the pattern all topics of the range share
     * @param at the index in their names at which the next segment begins
     */
    void forEachBelow(Range range, TopicPattern pattern, int depth, int at, Consumer<Topic> action) {
        if (range.size() <= LINEAR_LIMIT) {
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
        for (; i < range.to && topics[i].name.length() < at; i++) { // topics without a further segment come first
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
            Range child = new Range(i, endOfChild(i, range.to, at, name.substring(at, end)));
            forEachBelow(child, pattern, depth + 1, end + 1, action);
            i = child.to;
        }
    }

    private Range range(int low, int high, int at, String segments) {
        int from = search(low, high, at, segments, 0);
        return new Range(from, search(from, high, at, segments, 1));
    }

    /**
     * The index after the last topic below a segment. The first one is at {@code from}. The search starts there with
     * steps that double, since the last one is usually close.
     */
    private int endOfChild(int from, int to, int at, String segment) {
        int low = from;
        int step = 1;
        while (low + step < to && side(topics[low + step].name, at, segment) == 0) {
            low += step;
            step <<= 1;
        }
        return search(low + 1, Math.min(to, low + step), at, segment, 1);
    }

    /**
     * The first index from {@code low} to {@code high} whose topic has this {@link #side} of the segments or a higher
     * one.
     */
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

    /**
     * Compares a name with the names that have these segments from {@code at} on: before them -1, one of them 0, after
     * 1.
     */
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
        return c == '/' ? 0 : c; // no name contains the character 0
    }
}
