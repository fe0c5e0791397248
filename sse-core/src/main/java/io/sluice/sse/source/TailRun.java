package io.sluice.sse.source;

import io.sluice.sse.Event;
import io.sluice.sse.Sink;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** One client's reading of a {@link FileTail}. All of it runs in the sink's user code, which is serial. */
final class TailRun {

    private final Sink sink;
    private final FileTail tail;

    private @Nullable TailedFile file;
    /** Whether the file that is open has lost its name to another, and has only to be read to its end. */
    private boolean replaced;

    /** Read, and not yet taken by the sink: somebody else sends to it too. */
    private @Nullable Event held;

    private TailRun(Sink sink, FileTail tail) {
        this.sink = sink;
        this.tail = tail;
    }

    static void start(Sink sink, FileTail tail) throws IOException {
        TailRun run = new TailRun(sink, tail);
        sink.scope().onClose(reason -> run.close());
        // Here, so that what is written from now on is not missed, however late the first look comes.
        run.file = TailedFile.open(tail.file(), tail.maxLineBytes(), tail.last());
        sink.scope().every(tail.period(), run::look);
        sink.onWritable(run::look);
    }

    private void look() {
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
                replaced = true; // whoever wrote to it may have done so until just now: one look more
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
