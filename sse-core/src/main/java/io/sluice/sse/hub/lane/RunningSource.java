package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.Source;
import java.time.Duration;

/** A source that fills one sink. It is called in the sink's user code, and stopped only if it was started. */
final class RunningSource {

    private final LaneSink sink;
    private final Source source;

    // Confined to the sink's user code, which is serial.
    private boolean started;

    RunningSource(LaneSink sink, Source source) {
        this.sink = sink;
        this.source = source;
    }

    /** On the lane. */
    void start() {
        try {
            sink.runUserCode(this::run);
        } catch (RuntimeException | Error e) { // no thread can run it
            failed("start of the source", e);
        }
    }

    private void run() {
        if (!sink.isOpen()) {
            return;
        }
        started = true;
        try {
            source.start(sink);
        } catch (Throwable t) {
            boolean isCausedByEnd = t instanceof ClosedException || t instanceof InterruptedException;
            if (!isCausedByEnd || sink.isOpen()) {
                failed("start of the source", t);
            }
        }
    }

    private void failed(String what, Throwable failure) {
        sink.userCodeFailed(what, failure);
        sink.close(CloseReason.SOURCE_FAILED);
    }

    /** On the lane. */
    void draining(Duration left) {
        try {
            sink.runUserCode(() -> notifyDraining(left));
        } catch (RuntimeException | Error e) {
            sink.userCodeFailed("draining of the source", e);
        }
    }

    private void notifyDraining(Duration left) {
        if (!started || !sink.isOpen()) {
            return;
        }
        try {
            source.draining(sink, left);
        } catch (Throwable t) {
            sink.userCodeFailed("draining of the source", t);
        }
    }

    /** On the lane. */
    void stop(CloseReason reason) {
        try {
            sink.runUserCode(() -> stopStarted(reason));
        } catch (RuntimeException | Error e) {
            sink.userCodeFailed("stop of the source", e);
        }
    }

    private void stopStarted(CloseReason reason) {
        if (!started) {
            return;
        }
        try {
            source.stop(sink, reason);
        } catch (Throwable t) {
            sink.userCodeFailed("stop of the source", t);
        }
    }
}
