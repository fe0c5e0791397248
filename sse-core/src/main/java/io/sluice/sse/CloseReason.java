package io.sluice.sse;

/**
 * Why a sink ended. The list is closed, so a reason can be a metric tag, appear in a log line and be used in a switch.
 *
 * <p>A sink has exactly one reason. If several causes race, the first one wins.
 */
public enum CloseReason {
    /** The client closed its side (FIN), or the connection ended without an error. */
    CLIENT_LEFT("client-left", false),
    /** The connection was reset, or reading or writing failed. */
    RESET("reset", true),
    /** Bytes were pending and none of them was sent for the write timeout, or the kernel found the peer dead. */
    WRITE_TIMEOUT("write-timeout", true),
    /** Events were evicted before the client read them, and the overflow policy is to disconnect. */
    SLOW_CONSUMER("slow-consumer", true),
    /** The stream reached its maximum lifetime. */
    LIFETIME_ENDED("lifetime-ended", true),
    /** The identity of the client expired, for example its token. The client reconnects and identifies itself again. */
    IDENTITY_EXPIRED("identity-expired", true),
    /** The application revoked the access of the client's principal. A reconnect meets its authentication. */
    REVOKED("revoked", true),
    /** The client's principal opened another stream at its limit, and this was its oldest one. */
    REPLACED("replaced", false),
    /** The server is shutting down. */
    SERVER_DRAINING("server-draining", true),
    /** The source reported that it has no more events. */
    SOURCE_COMPLETED("source-completed", false),
    /** The stream subscribed to one topic, and the client has received the last event of that topic. */
    TOPIC_ENDED("topic-ended", false),
    /** The source threw, or the consumer of a subscriber in this process. */
    SOURCE_FAILED("source-failed", true),
    /** The application or an operator closed this sink. */
    CLOSED_BY_APPLICATION("closed-by-application", true),
    /** The stream was rejected before its first byte. */
    REJECTED("rejected", true),
    /** The peer sent bytes that are not allowed on a stream. */
    PROTOCOL_ERROR("protocol-error", false);

    /** The name of the last event of a stream whose client must not reconnect. */
    public static final String END_EVENT_NAME = "end";

    /** How the id of that event begins. A client that still reconnects sends it back. */
    public static final String END_ID_PREFIX = "end~";

    private final String tag;
    private final boolean clientExpectedBack;

    CloseReason(String tag, boolean clientExpectedBack) {
        this.tag = tag;
        this.clientExpectedBack = clientExpectedBack;
    }

    /** The form for logs and for the {@code reason} tag of metrics. */
    public String tag() {
        return tag;
    }

    /** Whether a well-behaved client reconnects after this end. */
    public boolean isClientExpectedBack() {
        return clientExpectedBack;
    }

    @Override
    public String toString() {
        return tag;
    }
}
