package io.sluice.sse.source;

import io.sluice.sse.Event;
import io.sluice.sse.Sink;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Reads a {@link FileTail} for one client. Everything runs in the sink's user code, which is serial. */
final class TailRun {

    private final Sink sink;
    private final FileTail tail;

    private @Nullable TailedFile file;
    /** Whether another file has taken the name of the open file, which is then only read to its end. */
    private boolean replaced;

    /** Read but not yet accepted by the sink, because other code filled the sink meanwhile. */
    private @Nullable Event held;

    private TailRun(Sink sink, FileTail tail) {
        this.sink = sink;
        this.tail = tail;
    }

    static void start(Sink sink, FileTail tail) throws IOException {
        TailRun run = new TailRun(sink, tail);
        sink.scope().onClose(reason -> run.close());
        // Opened here, so that nothing written from now on is missed, however late the first check comes.
        run.file = TailedFile.open(tail.file(), tail.maxLineBytes(), tail.last());
        sink.scope().every(tail.period(), run::poll);
        sink.onWritable(run::poll);
    }

    private void poll() {
        try {
            while (sink.isWritable()) {
                Event next = held;
                if (next == null) {
                    String line = nextLine();
                    if (line == null) {
                        return;
                    }
                    next = tail.eventOf(line);
                }
                held = sink.offer(next) ? null : next;
            }
        } catch (Throwable t) {
            sink.fail(t);
        }
    }

    private @Nullable String nextLine() throws IOException {
        for (; ; ) {
            if (file == null) {
                file = TailedFile.open(tail.file(), tail.maxLineBytes(), -1);
                if (file == null) {
                    return null;
                }
            }
            String line = file.nextLine();
            if (line != null) {
                return line;
            }
            if (file.wasCut()) {
                file.rewind();
            } else if (replaced) {
                replaced = false;
                String rest = file.rest();
                close();
                if (rest != null) {
                    return rest;
                }
            } else if (file.wasReplaced()) {
                replaced = true; // its writer may have written until now, so check once more
            } else {
                return null;
            }
        }
    }

    private void close() {
        TailedFile open = file;
        file = null;
        if (open != null) {
            open.close();
        }
    }
}
