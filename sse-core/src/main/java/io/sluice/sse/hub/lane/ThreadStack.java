package io.sluice.sse.hub.lane;

/** Where a thread is, for the log, which prints the stacks of throwables. */
final class ThreadStack extends Exception {

    private static final long serialVersionUID = 1L;

    ThreadStack(Thread thread) {
        super("thread " + thread.getName() + " is here", null, false, true);
        setStackTrace(thread.getStackTrace());
    }
}
