package io.sluice.sse.benchmarks.compare;

/** What a workload asks for beyond events to all on one core; not every contender can, or shall, give it. */
enum Need {
    /** Clients have topics of their own, or patterns: only Sluice has such. */
    TOPICS,
    /** Clients come back with an id. */
    IDS,
    /** There are two topics with a history: one to listen to, one to come back to. */
    TWO_HISTORIES,
    /** The server has the generator's core too, which the two then share. */
    BOTH_CORES
}
