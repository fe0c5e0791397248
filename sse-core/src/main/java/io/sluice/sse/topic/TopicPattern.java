package io.sluice.sse.topic;

/**
 * Matches topics by their names, and checks names. {@code *} matches exactly one segment. {@code **} as the last
 * segment matches any number of segments, including none. So {@code orders/*} matches {@code orders/7}, and
 * {@code orders/**} matches {@code orders}, {@code orders/7} and {@code orders/7/items}.
 *
 * <p>Immutable. Matching reads the name once and never backtracks.
 */
public final class TopicPattern {

    /** The segment that matches any one segment. */
    public static final String ANY_ONE = "*";
    /** The last segment of a pattern that matches any number of segments. */
    public static final String ANY_NUMBER = "**";

    private final String text;

    private TopicPattern(String text) {
        this.text = text;
    }

    /**
     * Returns {@code name} if it is a valid name of a topic. A name has 1 to 255 bytes of UTF-8. It consists of 1 to 32
     * segments between {@code /}; no segment is empty, {@code .} or {@code ..}. It contains no control, bidirectional
     * or zero-width characters, since two names that look the same could then differ. It contains no {@code *}, which
     * is reserved for patterns.
     *
     * @throws IllegalArgumentException if it is not valid; the message names the broken rule
     */
    public static String checkName(String name) {
        return TopicName.check(name);
    }

    /** Whether {@code term} is a pattern rather than the name of one topic. */
    public static boolean isPattern(String term) {
        return term.indexOf('*') >= 0;
    }

    /**
     * Parses a pattern.
     *
     * @throws IllegalArgumentException if the text breaks a rule of {@link #checkName} other than that of {@code *}, if
     *     a segment has a {@code *} next to other characters, or if a segment other than the last one is {@code **}
     */
    public static TopicPattern of(String text) {
        TopicName.checkSegments(text);
        String[] segments = text.split("/", -1);
        for (int i = 0; i < segments.length; i++) {
            String segment = segments[i];
            if (segment.equals(ANY_NUMBER)) {
                if (i < segments.length - 1) {
                    throw TopicName.invalid(text, "** is allowed as the last segment only");
                }
            } else if (segment.indexOf('*') >= 0 && !segment.equals(ANY_ONE)) {
                throw TopicName.invalid(
                        text, "a * stands for a whole segment; it cannot be combined with other characters");
            }
        }
        return new TopicPattern(text);
    }

    /** Whether this pattern matches {@code topic}. */
    public boolean matches(String topic) {
        int at = 0; // the index of the next segment of the topic; greater than its length after the last one
        for (int from = 0; from <= text.length(); ) {
            int to = endOfSegment(text, from);
            if (isSegment(ANY_NUMBER, from, to)) {
                return true;
            }
            if (at > topic.length()) {
                return false;
            }
            int end = endOfSegment(topic, at);
            if (!isSegment(ANY_ONE, from, to)
                    && !(to - from == end - at && topic.regionMatches(at, text, from, to - from))) {
                return false;
            }
            at = end + 1;
            from = to + 1;
        }
        return at > topic.length();
    }

    private static int endOfSegment(String text, int from) {
        int slash = text.indexOf('/', from);
        return slash < 0 ? text.length() : slash;
    }

    private boolean isSegment(String wildcard, int from, int to) {
        return to - from == wildcard.length() && text.startsWith(wildcard, from);
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
