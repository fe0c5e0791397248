package io.sluice.sse.topic;

/**
 * The hub has its maximum number of topics, and an operation needs a new one. Or the patterns of its clients include
 * more topics together than the hub keeps lists for. The operation can succeed later, after idle topics were removed or
 * clients have left.
 */
public final class TopicLimitException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    /** Creates an exception for {@code topic}, which does not exist in a hub with {@code maxTopics} topics. */
    public TopicLimitException(String topic, int maxTopics) {
        super("topic \"" + topic + "\" does not exist, and the hub has its maximum of " + maxTopics + " topics");
    }

    private TopicLimitException(String message) {
        super(message);
    }

    /** Creates an exception for a topic that a stream with many topics needs. The last topics are for other streams. */
    public static TopicLimitException ofLargeStream(String topic, int topics) {
        return new TopicLimitException("topic \"" + topic + "\" does not exist, and the hub has " + topics
                + " topics: the rest is for publishers and for streams with few topics");
    }

    /** Creates an exception for a topic that a stream needs, if the names of such topics take too many bytes. */
    public static TopicLimitException ofSubscribedTopics(String topic, long maxBytes) {
        return new TopicLimitException("topic \"" + topic
                + "\" does not exist, and the topics that clients only subscribe to have their maximum of " + maxBytes
                + " bytes");
    }

    /** Creates an exception for patterns that include more than {@code max} topics, each topic counted per pattern. */
    public static TopicLimitException ofPatterns(String whose, long max) {
        return new TopicLimitException("the patterns of " + whose + " include more than " + max
                + " topics, if each topic is counted once for each pattern");
    }

    /** Creates an exception for new patterns that include many topics, of which there were too many before. */
    public static TopicLimitException ofNewPatterns(long perSecond) {
        return new TopicLimitException(
                "new patterns may include " + perSecond + " topics per second, and earlier ones have used that up");
    }

    /** Creates an exception for a new pattern with which more than {@code max} patterns could match one name. */
    public static TopicLimitException ofOverlap(String pattern, int max) {
        return new TopicLimitException("with pattern \"" + pattern + "\" more than " + max
                + " patterns of all streams could match one topic; patterns of at most 4 segments are always accepted");
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
