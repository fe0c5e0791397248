package io.sluice.sse.netty;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;

/**
 * Flushes the HTTP/2 connections of a lane after the task that wrote to them. A pass writes to many streams of a
 * connection, and a flush for each stream would cost a system call and a TLS record for each. One per lane; confined to
 * its event loop.
 */
final class Http2Flushes implements Runnable {

    private final EventLoop loop;
    private final List<Http2Output> outputs = new ArrayList<>();
    private boolean posted;

    Http2Flushes(EventLoop loop) {
        this.loop = loop;
    }

    /** Flushes the connection after the task that runs now. */
    void add(Http2Output output) {
        assert loop.inEventLoop();
        outputs.add(output);
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
            for (int i = 0; i < outputs.size(); i++) { // a flush may add another connection
                outputs.get(i).flushNow();
            }
        } finally {
            outputs.clear();
            posted = false;
        }
    }
}
