package io.sluice.sse.hub.log;

import io.sluice.sse.topic.TopicPattern;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The patterns that somebody listens to, by segments: a topic finds those that stand for it by a walk along its own
 * segments, however many others there are. Guarded by the hub's lock.
 */
final class PatternTrie {

    /** {@code *} and {@code **} are segments as any other here, since none of a topic's can be one of them. */
    private static final class Node {
        final Map<String, Node> children = new HashMap<>(2);

        @Nullable
        PatternTopics pattern;
    }

    private final Node root = new Node();

    void add(PatternTopics added) {
        Node node = root;
        for (String segment : PatternSegments.of(added.pattern)) {
            node = node.children.computeIfAbsent(segment, any -> new Node());
        }
        node.pattern = added;
    }

    void remove(PatternTopics removed) {
        remove(root, PatternSegments.of(removed.pattern), 0);
    }

    /** @return whether nothing is left at the node */
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

    /** Shows each pattern that stands for the topic, in no order. */
    void forEachOf(String topic, Consumer<PatternTopics> action) {
        if (!root.children.isEmpty()) {
            walk(root, topic, 0, action);
        }
    }

    /** @param at where the next segment of the topic begins; beyond its end when all were read */
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
