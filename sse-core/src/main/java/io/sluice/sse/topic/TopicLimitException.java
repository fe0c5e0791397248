package io.sluice.sse.topic;

/** The hub has as many topics as it may: a limit that passes when idle topics are forgotten. */
public final class TopicLimitException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    /** The hub has {@code maxTopics} topics, and {@code topic} would be one more. */
    public TopicLimitException(String topic, int maxTopics) {
        super("topic \"" + topic + "\" would be new, and the hub has its maximum of " + maxTopics + " topics");
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
