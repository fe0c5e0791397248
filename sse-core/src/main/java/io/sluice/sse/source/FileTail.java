package io.sluice.sse.source;

import io.sluice.sse.Event;
import io.sluice.sse.Sink;
import io.sluice.sse.Source;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;

/**
 * A source that follows a text file. It sends one event for each complete line, at the client's pace. It checks the
 * file once per period, in the sink's user code. The file stays open until the sink has ended. Each client reads the
 * file separately: if many clients follow one file, let one reader publish it to a topic instead.
 *
 * <ul>
 *   <li>It starts after the last complete line, or {@linkplain #withLast some lines} earlier. If the file does not
 *       exist yet, the source waits for it and then reads it from its beginning.
 *   <li>If another file has taken the name (log rotation), the old file is read to its end, including a last line
 *       without a line end. Then the new file is read from its beginning. Where the file system has no file keys, as on
 *       Windows, the rotation is not noticed.
 *   <li>If the file has become shorter than what was already read, it is read again from its beginning.
 *   <li>Lines end with LF or CRLF. They are UTF-8; invalid bytes become U+FFFD. If a line is too long, its beginning is
 *       sent, followed by an ellipsis.
 * </ul>
 *
 * <p>Immutable; each {@code with…} method returns a copy. If reading fails, the sink closes with {@link
 * io.sluice.sse.CloseReason#SOURCE_FAILED}.
 */
public final class FileTail implements Source {

    /** The default period between two checks of the file. */
    public static final Duration DEFAULT_PERIOD = Duration.ofMillis(250);
    /** The default maximum length of a line, in bytes. */
    public static final int DEFAULT_MAX_LINE_BYTES = 64 * 1024;

    private static final int MAX_LAST_LINES = 10_000;

    private final Path file;
    private final int last;
    private final Duration period;
    private final int maxLineBytes;
    private final Function<String, Event> events;

    private FileTail(Path file, int last, Duration period, int maxLineBytes, Function<String, Event> events) {
        this.file = file;
        this.last = last;
        this.period = period;
        this.maxLineBytes = maxLineBytes;
        this.events = events;
    }

    static FileTail of(Path file) {
        return new FileTail(Objects.requireNonNull(file, "file"), 0, DEFAULT_PERIOD, DEFAULT_MAX_LINE_BYTES, Event::of);
    }

    /**
     * Returns a copy that starts with this number of existing lines, the last ones of the file.
     *
     * @throws IllegalArgumentException if the number is less than 0 or more than 10,000
     */
    @CheckReturnValue
    public FileTail withLast(int lines) {
        if (lines < 0 || lines > MAX_LAST_LINES) {
            throw new IllegalArgumentException("last: " + lines + " (expected: from 0 to " + MAX_LAST_LINES + ")");
        }
        return new FileTail(file, lines, period, maxLineBytes, events);
    }

    /**
     * Returns a copy that checks the file in this period.
     *
     * @throws IllegalArgumentException if it is not positive
     */
    @CheckReturnValue
    public FileTail withPeriod(Duration time) {
        if (time.isNegative() || time.isZero()) {
            throw new IllegalArgumentException("period: " + time + " (expected: more than zero)");
        }
        return new FileTail(file, last, time, maxLineBytes, events);
    }

    /**
     * Returns a copy that sends at most this number of bytes of a line.
     *
     * @throws IllegalArgumentException if it is less than 16 or more than 16 MiB
     */
    @CheckReturnValue
    public FileTail withMaxLineBytes(int bytes) {
        if (bytes < 16 || bytes > 1 << 24) {
            throw new IllegalArgumentException("maxLineBytes: " + bytes + " (expected: from 16 to " + (1 << 24) + ")");
        }
        return new FileTail(file, last, period, bytes, events);
    }

    /**
     * Returns a copy that creates its events with this function instead of {@link Event#of(String)}. The function runs
     * in the user code of each sink.
     */
    @CheckReturnValue
    public FileTail withEvents(Function<String, Event> ofLine) {
        return new FileTail(file, last, period, maxLineBytes, Objects.requireNonNull(ofLine, "events"));
    }

    @Override
    public void start(Sink sink) throws Exception {
        TailRun.start(sink, this);
    }

    Path file() {
        return file;
    }

    int last() {
        return last;
    }

    Duration period() {
        return period;
    }

    int maxLineBytes() {
        return maxLineBytes;
    }

    Event eventOf(String line) {
        return events.apply(line);
    }

    @Override
    public String toString() {
        return "tail of " + file;
    }
}
