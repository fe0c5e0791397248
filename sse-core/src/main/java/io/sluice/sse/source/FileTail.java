package io.sluice.sse.source;

import io.sluice.sse.Event;
import io.sluice.sse.Sink;
import io.sluice.sse.Source;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Function;

/**
 * A source that follows a text file: an event for each line, when it is complete, at the client's pace. The file is looked
 * at once in a period, in the sink's user code, and held open; it is closed when the sink has ended. Each client reads for
 * itself: what many follow is better published to a topic, by one reader.
 *
 * <ul>
 *   <li>It begins behind the last complete line, or {@linkplain #withLast some lines} before. A file that is not there yet is
 *       waited for, and then read from its beginning.
 *   <li>When another file has taken the name (a log was rotated), the old one is read to its end, where a last line without
 *       an end counts, and then the new one from its beginning. Where the file system has no file keys, as on Windows, this is not
 *       noticed.
 *   <li>A file that has become shorter than what was read of it is read again from its beginning.
 *   <li>Lines end with LF or CRLF. They are UTF-8; what is not becomes U+FFFD. Of a line that is too long the beginning is
 *       sent, with an ellipsis behind it.
 * </ul>
 *
 * <p>Immutable; each {@code with…} gives a copy. If reading fails, the sink closes with {@link
 * io.sluice.sse.CloseReason#SOURCE_FAILED}.
 */
public final class FileTail implements Source {

    /** How often the file is looked at unless said otherwise. */
    public static final Duration DEFAULT_PERIOD = Duration.ofMillis(250);
    /** The longest line unless said otherwise. */
    public static final int DEFAULT_MAX_LINE_BYTES = 64 * 1024;

    private static final int MOST_LAST = 10_000;

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
     * A copy that begins with the last lines that are there already, as many as this.
     *
     * @throws IllegalArgumentException if they are fewer than 0 or more than 10,000
     */
    public FileTail withLast(int lines) {
        if (lines < 0 || lines > MOST_LAST) {
            throw new IllegalArgumentException("last: " + lines + " (expected: from 0 to " + MOST_LAST + ")");
        }
        return new FileTail(file, lines, period, maxLineBytes, events);
    }

    /**
     * A copy that looks at the file in this period.
     *
     * @throws IllegalArgumentException if it is not positive
     */
    public FileTail withPeriod(Duration time) {
        if (time.isNegative() || time.isZero()) {
            throw new IllegalArgumentException("period: " + time + " (expected: more than zero)");
        }
        return new FileTail(file, last, time, maxLineBytes, events);
    }

    /**
     * A copy that sends no more than this of a line, in bytes.
     *
     * @throws IllegalArgumentException if it is less than 16 or more than 16 MiB
     */
    public FileTail withMaxLineBytes(int bytes) {
        if (bytes < 16 || bytes > 1 << 24) {
            throw new IllegalArgumentException("maxLineBytes: " + bytes + " (expected: from 16 to " + (1 << 24) + ")");
        }
        return new FileTail(file, last, period, bytes, events);
    }

    /** A copy that makes its events otherwise than by {@link Event#of(String)}; runs in the sinks' user code. */
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
