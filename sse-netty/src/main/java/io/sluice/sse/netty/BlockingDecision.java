package io.sluice.sse.netty;

import io.sluice.sse.hub.lane.LaneRegistry;
import io.sluice.sse.hub.lane.UserCodeTask;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

/**
 * The user code that decides about one request and may block. When the decision is not waited for any more, the code is
 * interrupted. Thread-safe.
 */
final class BlockingDecision {

    private final LaneRegistry hub;

    // Guarded by this.
    private final List<UserCodeTask> tasks = new ArrayList<>(1);
    private boolean isOver;

    BlockingDecision(LaneRegistry hub) {
        this.hub = hub;
    }

    /** Calls code on the user executor; not if the decision is over before. @param client identifies it in the log */
    <T> CompletableFuture<T> call(Object client, Callable<? extends T> code) {
        UserCodeTask task = hub.userCode(client);
        synchronized (this) {
            tasks.add(task);
            if (isOver) {
                task.abandon();
            }
        }
        return task.call(code);
    }

    /** The decision is made, its time is over, or the client has left. */
    synchronized void end() {
        isOver = true;
        tasks.forEach(UserCodeTask::abandon);
        tasks.clear();
    }
}
