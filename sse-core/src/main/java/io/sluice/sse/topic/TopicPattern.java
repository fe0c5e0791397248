package io.sluice.sse.topic;

/**
 * Stands for topics: {@code *} is any one segment, a last segment {@code **} is any number of them, none included.
 * {@code orders/*} matches {@code orders/7}; {@code orders/**} matches that, {@code orders/7/items} and {@code orders}.
 *
 * <p>Immutable. Matching takes one walk over the name: there is nothing to backtrack.
 */
public final class TopicPattern {

    /** The segment that matches any one segment. */
    public static final String ANY_ONE = "*";
    /** The last segment of a pattern that matches any number of segments. */
    public static final String ANY_NUMBER = "**";

    private final String text;
    private final String[] segments;

    private TopicPattern(String text) {
        this.text = text;
        this.segments = text.split("/", -1);
    }

    /** Whether {@code term} is a pattern rather than the name of one topic. */
    public static boolean isPattern(String term) {
        return term.indexOf('*') >= 0;
    }

    /**
     * Reads a pattern.
     *
     * @throws IllegalArgumentException if it breaks a rule of {@link TopicName}, has a {@code *} beside other characters
     *     in a segment, or a {@code **} before the last segment
     */
    public static TopicPattern of(String text) {
        TopicName.checkSegments(text);
        TopicPattern pattern = new TopicPattern(text);
        for (int i = 0; i < pattern.segments.length; i++) {
            String segment = pattern.segments[i];
            if (segment.equals(ANY_NUMBER)) {
                if (i < pattern.segments.length - 1) {
                    throw TopicName.refused(text, "** is allowed as the last segment only");
                }
            } else if (segment.indexOf('*') >= 0 && !segment.equals(ANY_ONE)) {
                throw TopicName.refused(
                        text, "a * stands for a whole segment; it cannot stand beside other characters");
            }
        }
        return pattern;
    }

    /** Whether {@code topic} is one that this pattern stands for. */
    public boolean matches(String topic) {
        int at = 0; // where the next segment of the topic begins; beyond its end when all were read
        for (String segment : segments) {
            if (segment.equals(ANY_NUMBER)) {
                return true;
            }
            if (at > topic.length()) {
                return false;
            }
            int slash = topic.indexOf('/', at);
            int end = slash < 0 ? topic.length() : slash;
            if (!segment.equals(ANY_ONE) && !(segment.length() == end - at && topic.startsWith(segment, at))) {
                return false;
            }
            at = end + 1;
        }
        return at > topic.length();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TopicPattern that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
