package io.sluice.sse.topic;

/**
 * Matches topics by their names. {@code *} matches exactly one segment. {@code **} as the last segment matches any
 * number of segments, including none. So {@code orders/*} matches {@code orders/7}, and {@code orders/**} matches
 * {@code orders}, {@code orders/7} and {@code orders/7/items}.
 *
 * <p>Immutable. Matching reads the name once and never backtracks.
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
     * Parses a pattern.
     *
     * @throws IllegalArgumentException if the text breaks a rule of {@link TopicName}, if a segment has a {@code *}
     *     next to other characters, or if a segment other than the last one is {@code **}
     */
    public static TopicPattern of(String text) {
        TopicName.checkSegments(text);
        TopicPattern pattern = new TopicPattern(text);
        for (int i = 0; i < pattern.segments.length; i++) {
            String segment = pattern.segments[i];
            if (segment.equals(ANY_NUMBER)) {
                if (i < pattern.segments.length - 1) {
                    throw TopicName.invalid(text, "** is allowed as the last segment only");
                }
            } else if (segment.indexOf('*') >= 0 && !segment.equals(ANY_ONE)) {
                throw TopicName.invalid(
                        text, "a * stands for a whole segment; it cannot be combined with other characters");
            }
        }
        return pattern;
    }

    /** Whether this pattern matches {@code topic}. */
    public boolean matches(String topic) {
        int at = 0; // the index of the next segment; greater than the length after the last segment
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
