package io.sluice.sse.hub.lane;

import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;

/**
 * What is to be done on a lane beside its turns: at once, between two passes, or in place when the lane has ended.
 * Confined to the lane, except where a method says otherwise.
 */
final class LaneTasks {

    private final HubLane lane;
    private final Object endedLock = new Object();
    /** Changes that would disturb a pass which has yielded; made when it ends. */
    private final ArrayDeque<Runnable> afterPass = new ArrayDeque<>();

    LaneTasks(HubLane lane) {
        this.lane = lane;
    }

    /** Does it now, or when the pass that has yielded ends. */
    void afterPass(Runnable change) {
        if (lane.pass.isRunning()) {
            afterPass.add(change);
            lane.wake();
        } else {
            change.run();
        }
    }

    /** The pass has ended. */
    void passed() {
        for (Runnable change = afterPass.poll(); change != null; change = afterPass.poll()) {
            change.run();
        }
    }

    /** Runs {@code work} on the lane, at once if the caller is there. Any thread. */
    CompletionStage<Void> onLane(Runnable work) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Runnable task = () -> {
            try {
                work.run();
                done.complete(null);
            } catch (Throwable t) {
                done.completeExceptionally(t);
            }
        };
        if (lane.lane().inLane()) {
            task.run();
        } else {
            try {
                lane.lane().execute(task);
            } catch (RejectedExecutionException e) {
                onEndedLane(task);
            }
        }
        return done;
    }

    /**
     * Does in place what belongs to a lane that has ended: one caller at a time, since sinks of one lane share it. A pass
     * in the middle of which it ended is given up, so that changes need not wait for it. Any thread.
     */
    void onEndedLane(Runnable work) {
        synchronized (endedLock) {
            lane.pass.abandon();
            passed();
            work.run();
        }
    }
}
