package io.sluice.sse.topic;

/**
 * A topic has ended, so nothing can be published to it. Its name is new again when its last event has reached the age
 * of its history, or after {@code Hub.remove}.
 */
public final class TopicEndedException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    /** Creates an exception for {@code topic}, which has ended. */
    public TopicEndedException(String topic) {
        super("topic \"" + topic + "\" has ended (expected: a topic whose last event was not published yet)");
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
