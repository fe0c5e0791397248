package io.sluice.sse.benchmarks.compare;

/** What a workload requires in addition to events for all clients on one core. Not every contender supports it. */
enum Need {
    /** Clients have their own topics or patterns; only Sluice has these. */
    TOPICS,
    /** Clients reconnect with an id. */
    IDS,
    /** There are two topics with a history: one for the subscribers, one for the reconnecting clients. */
    TWO_HISTORIES,
    /** The server may also use the generator's core, which the two then share. */
    BOTH_CORES,
    /** Each client has a stream of its own, and a request brings events for many of them. */
    TOKENS,
    /** HTTP/1.1 over TLS. */
    TLS,
    /** HTTP/2 over TLS. */
    HTTP2,
    /** The clients accept gzip. */
    GZIP
}
