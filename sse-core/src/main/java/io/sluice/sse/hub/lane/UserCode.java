package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;
import io.sluice.sse.hub.core.HubCore;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The user code of one sink: it runs on the user executor, one task after another, and forked tasks run in parallel.
 * When the sink closes, the task that runs is interrupted. {@link UserCodeTask} counts and watches each task.
 * Thread-safe.
 *
 * <p>A source that ends its own stream is not interrupted at once: it may have work to do after {@code complete()}. A
 * subscriber in this process may still have to take the last event of its topic.
 */
final class UserCode extends SerialExecutor {

    private final LaneSink sink;
    private final HubCore core;

    // Guarded by this.
    /** The task of the serial ones that runs now; null if none does. */
    private @Nullable UserCodeTask serial;
    /** The forked tasks that run now. */
    private final List<UserCodeTask> forked = new ArrayList<>(0);

    private boolean closing;

    /** @param closing whether the sink closes already */
    UserCode(LaneSink sink, HubCore core, boolean closing) {
        super(core.userExecutor());
        this.closing = closing;
        this.sink = sink;
        this.core = core;
    }

    @Override
    void run(Runnable code) {
        UserCodeTask task = newTask();
        synchronized (this) {
            serial = task;
            watchIfClosing(task);
        }
        try {
            task.run(code);
        } finally {
            synchronized (this) {
                serial = null;
            }
        }
    }

    /** Runs a task in parallel to the others. The caller interrupts it when the sink closes. */
    void fork(Runnable code) {
        core.userExecutor().execute(() -> {
            UserCodeTask task = newTask();
            synchronized (this) {
                forked.add(task);
                watchIfClosing(task);
            }
            try {
                task.run(code);
            } finally {
                synchronized (this) {
                    forked.remove(task);
                }
            }
        });
    }

    private UserCodeTask newTask() {
        return new UserCodeTask(core, sink.id());
    }

    private void watchIfClosing(UserCodeTask task) {
        if (closing) {
            task.abandon(false);
        }
    }

    /** The sink begins to close. On the lane, before anything that runs because of the close is queued. */
    synchronized void onClosing(CloseReason reason) {
        closing = true;
        boolean endedItself = reason == CloseReason.SOURCE_COMPLETED
                || reason == CloseReason.SOURCE_FAILED
                || reason == CloseReason.TOPIC_ENDED;
        if (serial != null) {
            serial.abandon(!endedItself);
        }
        forked.forEach(task -> task.abandon(false));
    }
}
