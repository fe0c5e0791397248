package io.sluice.sse.netty.stream;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;

/**
 * Flushes connections of a lane after the task that wrote to them. Over HTTP/2 a pass writes to many streams of a
 * connection, and a flush for each stream would cost a system call and a TLS record for each. One per lane; confined to
 * its event loop.
 */
public final class Flushes implements Runnable {

    private final EventLoop loop;
    private final List<Runnable> flushes = new ArrayList<>();
    private boolean posted;

    Flushes(EventLoop loop) {
        this.loop = loop;
    }

    /** Runs the flush of a connection after the task that runs now. */
    public void add(Runnable flush) {
        assert loop.inEventLoop();
        flushes.add(flush);
        if (!posted) {
            try {
                loop.execute(this);
                posted = true;
            } catch (RejectedExecutionException e) { // the event loop ends, and its connections close
                run();
            }
        }
    }

    @Override
    public void run() {
        try {
            for (int i = 0; i < flushes.size(); i++) { // a flush may add another connection
                flushes.get(i).run();
            }
        } finally {
            flushes.clear();
            posted = false;
        }
    }
}
