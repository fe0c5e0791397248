package io.sluice.sse.hub.log;

import io.sluice.sse.topic.TopicPattern;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The patterns that have subscribers, as a tree of segments. The search for the patterns that match a topic follows the
 * segments of the topic, so its cost does not depend on the number of patterns, but on how many of them one name can
 * match ({@link #overlap}). Guarded by the hub's lock.
 */
final class PatternTrie {

    /**
     * Wildcards are children like other segments, since no segment of a topic can be {@code *} or {@code **}. A segment
     * that one pattern alone has, and all segments after it, have no nodes: a client may choose many of them.
     */
    private static final class Node {
        /** By segment: another node, or the only pattern that continues with this segment. */
        @Nullable
        Map<String, Object> children;

        /** The pattern that ends here. */
        @Nullable
        PatternTopics pattern;

        /** The overlaps of the children that are no wildcards: how many have 1, and how many have each larger one. */
        int literalsWithOne;

        @Nullable
        NavigableMap<Integer, Integer> literalsByOverlap;

        boolean isEmpty() {
            return pattern == null && children == null;
        }

        /**
         * An upper bound of how many patterns at and below this node can match the same name. A name can follow only
         * one of the literal children.
         */
        int overlap() {
            if (children == null) {
                return pattern == null ? 0 : 1;
            }
            return (pattern == null ? 0 : 1)
                    + overlapOf(children.get(TopicPattern.ANY_NUMBER))
                    + overlapOf(children.get(TopicPattern.ANY_ONE))
                    + mostOfLiterals();
        }

        private int mostOfLiterals() {
            if (literalsByOverlap != null) {
                return literalsByOverlap.lastKey();
            }
            return literalsWithOne > 0 ? 1 : 0;
        }

        static int overlapOf(@Nullable Object child) {
            return child instanceof Node node ? node.overlap() : child == null ? 0 : 1;
        }

        void childChanged(String segment, int before, int after) {
            if (before != after && !segment.equals(TopicPattern.ANY_NUMBER) && !segment.equals(TopicPattern.ANY_ONE)) {
                countLiteral(before, -1);
                countLiteral(after, 1);
            }
        }

        private void countLiteral(int overlap, int change) {
            if (overlap == 1) {
                literalsWithOne += change;
            } else if (overlap > 1) {
                NavigableMap<Integer, Integer> counts = literalsByOverlap;
                if (counts == null) {
                    counts = new TreeMap<>();
                    literalsByOverlap = counts;
                }
                counts.merge(overlap, change, (some, more) -> some + more == 0 ? null : some + more);
                if (counts.isEmpty()) {
                    literalsByOverlap = null;
                }
            }
        }
    }

    private final Node root = new Node();
    private int nodes;
    private long steps;

    /**
     * How many of the patterns can match the same name. Where a wildcard and a literal segment are side by side it may
     * be a little more, because the rests of both are counted, whether or not one name fits both.
     */
    int overlap() {
        return root.overlap();
    }

    void add(PatternTopics added) {
        add(root, added, PatternSegments.of(added.pattern()), 0);
    }

    private void add(Node node, PatternTopics added, String[] segments, int depth) {
        if (depth == segments.length) {
            node.pattern = added;
            return;
        }
        Map<String, Object> children = node.children;
        if (children == null) {
            children = new HashMap<>(2);
            node.children = children;
        }
        Object child = children.get(segments[depth]);
        int before = Node.overlapOf(child);
        if (child == null) {
            children.put(segments[depth], added);
        } else if (child instanceof Node existing) {
            add(existing, added, segments, depth + 1);
        } else {
            Node split = new Node();
            nodes++;
            PatternTopics other = (PatternTopics) child;
            add(split, other, PatternSegments.of(other.pattern()), depth + 1);
            children.put(segments[depth], split);
            add(split, added, segments, depth + 1);
        }
        node.childChanged(segments[depth], before, Node.overlapOf(children.get(segments[depth])));
    }

    void remove(PatternTopics removed) {
        remove(root, removed, PatternSegments.of(removed.pattern()), 0);
    }

    /** Nodes that were made for two patterns stay while one of the two does. */
    private void remove(Node node, PatternTopics removed, String[] segments, int depth) {
        if (depth == segments.length) {
            node.pattern = null;
            return;
        }
        Map<String, Object> children = node.children;
        Object child = children == null ? null : children.get(segments[depth]);
        if (children == null || child == null) {
            return;
        }
        int before = Node.overlapOf(child);
        if (child instanceof Node below) {
            remove(below, removed, segments, depth + 1);
            node.childChanged(segments[depth], before, below.overlap());
            if (!below.isEmpty()) {
                return;
            }
            nodes--;
        } else if (child == removed) {
            node.childChanged(segments[depth], before, 0);
        } else {
            return;
        }
        children.remove(segments[depth]);
        if (children.isEmpty()) {
            node.children = null;
        }
    }

    /**
     * Calls {@code action} with each pattern that matches the topic, in no particular order. For each segment of the
     * topic this visits at most as many nodes and patterns as the {@link #overlap}.
     */
    void forEachMatch(String topic, Consumer<PatternTopics> action) {
        walk(root, topic, 0, action);
    }

    /** @param at the index of the next segment of the topic; greater than its length after the last segment */
    private void walk(Node node, String topic, int at, Consumer<PatternTopics> action) {
        steps++;
        if (at > topic.length() && node.pattern != null) {
            action.accept(node.pattern);
        }
        Map<String, Object> children = node.children;
        if (children == null) {
            return;
        }
        walkChild(children.get(TopicPattern.ANY_NUMBER), topic, topic.length() + 1, action);
        if (at > topic.length()) {
            return;
        }
        int slash = topic.indexOf('/', at);
        int end = slash < 0 ? topic.length() : slash;
        walkChild(children.get(topic.substring(at, end)), topic, end + 1, action);
        walkChild(children.get(TopicPattern.ANY_ONE), topic, end + 1, action);
    }

    private void walkChild(@Nullable Object child, String topic, int at, Consumer<PatternTopics> action) {
        if (child instanceof Node node) {
            walk(node, topic, at, action);
        } else if (child instanceof PatternTopics only) {
            steps++;
            if (only.pattern().matches(topic)) {
                action.accept(only);
            }
        }
    }

    /** For tests. */
    boolean isEmpty() {
        return root.isEmpty();
    }

    /** For tests: how many nodes there are below the root. */
    int nodes() {
        return nodes;
    }

    /** For tests: how many nodes and single patterns all searches have visited. */
    long steps() {
        return steps;
    }
}
