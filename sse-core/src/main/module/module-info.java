import org.jspecify.annotations.NullMarked;

/**
 * The core of Sluice: a hub, its topics and its lanes, without a network.
 *
 * <p>{@code hub.log} and {@code hub.core} are not exported. Their public members are for the packages of the hub only.
 * {@code hub.lane}, {@code history} and {@code backplane} are the interfaces for transports, for stores, and for what
 * joins several nodes; an application that embeds a server does not need them. Jackson, Micrometer and H2 are optional.
 */
@NullMarked
module io.sluice.sse.core {
    requires org.slf4j;
    requires static transitive org.jspecify;
    requires static com.fasterxml.jackson.core;
    requires static com.fasterxml.jackson.databind;
    requires static micrometer.core;
    requires static com.h2database.mvstore;

    exports io.sluice.sse;
    exports io.sluice.sse.topic;
    exports io.sluice.sse.hub;
    exports io.sluice.sse.hub.lane;
    exports io.sluice.sse.backplane;
    exports io.sluice.sse.history;
    exports io.sluice.sse.json;
    exports io.sluice.sse.metrics;
    exports io.sluice.sse.source;
    exports io.sluice.sse.wire;
}
