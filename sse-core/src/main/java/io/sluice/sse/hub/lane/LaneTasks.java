package io.sluice.sse.hub.lane;

import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;

/**
 * Work on a lane apart from its turns: at once, between two passes, or on the caller's thread when the lane has ended.
 * Confined to the lane, except where a method says otherwise.
 */
final class LaneTasks {

    private final HubLane lane;
    private final Pass pass;
    private final Object endedLock = new Object();
    /** Changes that would disturb a suspended pass. They are made when it ends. */
    private final ArrayDeque<Runnable> afterPass = new ArrayDeque<>();

    LaneTasks(HubLane lane, Pass pass) {
        this.lane = lane;
        this.pass = pass;
    }

    /** Makes a change now, or when the suspended pass ends. */
    void afterPass(Runnable change) {
        assert isConfined();
        if (pass.isRunning()) {
            afterPass.add(change);
            lane.wake();
        } else {
            change.run();
        }
    }

    /** The pass has ended: makes the changes that waited for that. */
    void passEnded() {
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
     * Runs work of a lane that has ended on the caller's thread. A lock admits one caller at a time, because the sinks
     * of the lane share its state. If the lane ended while a pass was suspended, that pass is abandoned, so that no
     * change waits for it. Any thread.
     */
    void onEndedLane(Runnable work) {
        synchronized (endedLock) {
            pass.abandon();
            passEnded();
            work.run();
        }
    }

    /** Whether the caller may use what is confined to the lane: it is on the lane, or in {@link #onEndedLane}. */
    boolean isConfined() {
        return lane.lane().inLane() || Thread.holdsLock(endedLock);
    }
}
