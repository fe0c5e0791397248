package io.sluice.sse.benchmarks.jmh;

import io.sluice.sse.Event;
import io.sluice.sse.wire.EventEncoder;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Encodes an event into its bytes on the wire. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class EncodingBenchmark {

    /** The kind of text. */
    @Param({"ascii", "utf8", "lines"})
    public String text = "";

    /** The number of characters. */
    @Param({"128", "4096"})
    public int length;

    private Event event = Event.of("");

    /** Creates the event. */
    @Setup
    public void setUp() {
        String unit = switch (text) {
            case "ascii" -> "abcdefgh";
            case "utf8" -> "aüb\u20acdefg";
            case "lines" -> "abcdefghijklmno\n";
            default -> throw new IllegalArgumentException(text);
        };
        event = Event.of(unit.repeat(length / unit.length()));
    }

    /** Encodes the block of an event, with room for its id. */
    @Benchmark
    public byte[] encode() {
        return EventEncoder.encodeBody(event, 32);
    }
}
