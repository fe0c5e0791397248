package io.sluice.sse.hub.log;

import io.sluice.sse.topic.TopicPattern;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The patterns that have subscribers, as a tree of segments. The search for the patterns that match a topic follows the
 * segments of the topic, so its cost does not depend on the number of patterns. Guarded by the hub's lock.
 */
final class PatternTrie {

    /** Wildcards are children like other segments, since no segment of a topic can be {@code *} or {@code **}. */
    private static final class Node {
        final Map<String, Node> children = new HashMap<>(2);

        @Nullable
        PatternTopics pattern;
    }

    private final Node root = new Node();

    void add(PatternTopics added) {
        Node node = root;
        for (String segment : PatternSegments.of(added.pattern())) {
            node = node.children.computeIfAbsent(segment, missing -> new Node());
        }
        node.pattern = added;
    }

    void remove(PatternTopics removed) {
        remove(root, PatternSegments.of(removed.pattern()), 0);
    }

    /** @return whether the node is empty now */
    private static boolean remove(Node node, String[] segments, int depth) {
        if (depth == segments.length) {
            node.pattern = null;
        } else {
            Node child = node.children.get(segments[depth]);
            if (child != null && remove(child, segments, depth + 1)) {
                node.children.remove(segments[depth]);
            }
        }
        return node.pattern == null && node.children.isEmpty();
    }

    /** Calls {@code action} with each pattern that matches the topic, in no particular order. */
    void forEachMatch(String topic, Consumer<PatternTopics> action) {
        if (!root.children.isEmpty()) {
            walk(root, topic, 0, action);
        }
    }

    /** @param at the index of the next segment of the topic; greater than its length after the last segment */
    private static void walk(Node node, String topic, int at, Consumer<PatternTopics> action) {
        Node rest = node.children.get(TopicPattern.ANY_NUMBER);
        if (rest != null && rest.pattern != null) {
            action.accept(rest.pattern);
        }
        if (at > topic.length()) {
            if (node.pattern != null) {
                action.accept(node.pattern);
            }
            return;
        }
        int slash = topic.indexOf('/', at);
        int end = slash < 0 ? topic.length() : slash;
        Node named = node.children.get(topic.substring(at, end));
        if (named != null) {
            walk(named, topic, end + 1, action);
        }
        Node any = node.children.get(TopicPattern.ANY_ONE);
        if (any != null) {
            walk(any, topic, end + 1, action);
        }
    }

    /** For tests. */
    boolean isEmpty() {
        return root.children.isEmpty();
    }
}
