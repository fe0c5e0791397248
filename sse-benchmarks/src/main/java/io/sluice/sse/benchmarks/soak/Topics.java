package io.sluice.sse.benchmarks.soak;

/** The topics of a churn. */
final class Topics {

    /** Never published to. */
    static final String QUIET = "quiet";
    /** Events of 4 KiB at a steady rate. */
    static final String BUSY = "busy";
    /** Full of events from the start. */
    static final String HISTORY = "history";
    /** The topic of the healthy clients. */
    static final String CONTROL = "control";

    private Topics() {}
}
