package io.sluice.sse.topic;

/**
 * The hub has its maximum number of topics, and an operation needs a new one. The operation can succeed later, after
 * idle topics were removed.
 */
public final class TopicLimitException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    /** Creates an exception for {@code topic}, which does not exist in a hub with {@code maxTopics} topics. */
    public TopicLimitException(String topic, int maxTopics) {
        super("topic \"" + topic + "\" does not exist, and the hub has its maximum of " + maxTopics + " topics");
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
