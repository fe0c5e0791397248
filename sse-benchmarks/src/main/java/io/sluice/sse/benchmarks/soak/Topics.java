package io.sluice.sse.benchmarks.soak;

/** The topics of a churn. */
final class Topics {

    /** Nothing is published to it. */
    static final String QUIET = "quiet";
    /** Events of 4 KiB at a steady rate. */
    static final String BUSY = "busy";
    /** Full of events from the start. */
    static final String HISTORY = "history";
    /** What the healthy clients beside the churn listen to. */
    static final String CONTROL = "control";

    private Topics() {}
}
