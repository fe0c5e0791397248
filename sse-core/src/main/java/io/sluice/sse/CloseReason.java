package io.sluice.sse;

/**
 * Why a sink ended: a closed list, so that it can tag a metric, stand in a log line and be switched over.
 *
 * <p>A sink has exactly one reason. When several ends race, the first one wins.
 */
public enum CloseReason {
    /** The client closed its side (FIN), or the connection ended without an error. */
    CLIENT_LEFT("client-left", false),
    /** The connection was reset, or reading or writing it failed. */
    RESET("reset", true),
    /** Bytes were pending and none of them left for the write timeout, or the kernel found the peer gone. */
    WRITE_TIMEOUT("write-timeout", true),
    /** The history passed the client by, and the overflow policy is to disconnect. */
    SLOW_CONSUMER("slow-consumer", true),
    /** The stream reached its maximum lifetime. */
    LIFETIME_ENDED("lifetime-ended", true),
    /** The server is shutting down. */
    SERVER_DRAINING("server-draining", true),
    /** The source said that there is nothing more to come. */
    SOURCE_COMPLETED("source-completed", false),
    /** The source threw. */
    SOURCE_FAILED("source-failed", true),
    /** The application, or an operator, closed this sink. */
    CLOSED_BY_APPLICATION("closed-by-application", true),
    /** The stream was refused before its first byte. */
    REJECTED("rejected", true),
    /** The peer sent what it must not send on a stream. */
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

    /** The reason as it stands in logs and in the {@code reason} tag of metrics. */
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
