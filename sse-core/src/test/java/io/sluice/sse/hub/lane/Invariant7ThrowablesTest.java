package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Observer;
import io.sluice.sse.Sink;
import io.sluice.sse.Source;
import io.sluice.sse.hub.Hub;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever user code throws, and wherever: it is logged once, counted, and affects no other client. */
class Invariant7ThrowablesTest {

    /** Each place where user code is called, and what it may throw there. */
    private static Stream<Arguments> placesAndThrowables() {
        Map<String, BiConsumer<HubFixture, Runnable>> places = new LinkedHashMap<>();
        places.put("start of the source", (bench, code) -> bench.live(sink -> code.run()));
        places.put(
                "stop of the source",
                (bench, code) -> bench.live(new Source() {
                            @Override
                            public void start(Sink sink) {}

                            @Override
                            public void stop(Sink sink, CloseReason reason) {
                                code.run();
                            }
                        })
                        .close(CloseReason.CLIENT_LEFT));
        places.put("close listener", (bench, code) -> {
            FakeSink sink = bench.live("a");
            sink.scope().onClose(reason -> code.run());
            sink.close(CloseReason.CLIENT_LEFT);
        });
        places.put("close of a resource", (bench, code) -> {
            FakeSink sink = bench.live("a");
            sink.scope().own(code::run);
            sink.close(CloseReason.CLIENT_LEFT);
        });
        places.put("task", (bench, code) -> {
            bench.live("a").scope().schedule(Duration.ofSeconds(1), code);
            bench.advance(TimeUnit.SECONDS.toNanos(2));
        });
        places.put(
                "task of its own thread",
                (bench, code) -> bench.live("a").scope().fork(code::run));
        places.put("writable listener", (bench, code) -> bench.live("a").onWritable(code));
        List<Throwable> throwables = List.of(
                new RuntimeException("thrown by the test"),
                new Error("thrown by the test"),
                new StackOverflowError("thrown by the test"));
        return places.entrySet().stream()
                .flatMap(place -> throwables.stream()
                        .map(thrown -> Arguments.of(
                                Named.of(place.getKey(), place.getValue()),
                                Named.of(thrown.getClass().getSimpleName(), thrown))));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("placesAndThrowables")
    void aThrowableIsLoggedOnceWithTheClientIdAndCountedAndOtherClientsReceiveAll(
            BiConsumer<HubFixture, Runnable> place, Throwable thrown) {
        try (HubFixture bench = new HubFixture();
                LogLines lines = LogLines.of(Hub.class)) {
            FakeSink other = bench.live("a");
            bench.publish("a", "before");
            place.accept(bench, () -> Invariant7ThrowablesTest.<RuntimeException>sneak(thrown));
            bench.publish("a", "after");
            bench.run();
            assertThat(other.data()).containsExactly("before", "after");
            assertThat(other.isOpen()).isTrue();
            assertThat(bench.hub.stats().userCodeFailures()).isEqualTo(1);
            assertThat(lines.all()).singleElement(STRING).startsWith("[2] the ").endsWith(" failed");
            assertThat(lines.events().get(0).getThrowableProxy().getClassName())
                    .isIn(thrown.getClass().getName(), IllegalStateException.class.getName());
        }
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneak(Throwable thrown) throws T {
        throw (T) thrown;
    }

    /** One line per second of each kind, and the number of suppressed lines. */
    @Test
    void anObserverThatThrowsForEachEventDoesNotFloodTheLog() {
        Observer observer = new Observer() {
            @Override
            public void published(String topic, String id) {
                throw new IllegalStateException("thrown by the test");
            }
        };
        try (HubFixture bench = new HubFixture(options -> options.observer(observer));
                LogLines lines = LogLines.of(Hub.class)) {
            FakeSink sink = bench.live("a");
            bench.publishMany("a", 0, 10_000);
            assertThat(lines.all()).containsExactly("[-] the observer failed");
            sink.fail(new IllegalStateException("another kind"));
            assertThat(lines.all()).hasSize(2);
            bench.advanceHub(TimeUnit.SECONDS.toNanos(2));
            assertThat(lines.all().get(2))
                    .as("although nothing fails any more")
                    .isEqualTo("[-] the observer failed again, 9999 more since the last line");
            bench.advanceHub(TimeUnit.SECONDS.toNanos(1));
            bench.publish("a", "later");
            assertThat(lines.all().get(3)).isEqualTo("[-] the observer failed");
            assertThat(bench.hub.stats().userCodeFailures()).isEqualTo(10_002);
        }
    }

    @Test
    void suppressedLogLinesAreReportedWhenTheHubCloses() {
        try (LogLines lines = LogLines.of(Hub.class)) {
            try (HubFixture bench = new HubFixture()) {
                bench.live("a").fail(new IllegalStateException("thrown by the test"));
                bench.live("a").fail(new IllegalStateException("thrown by the test"));
                assertThat(lines.all()).hasSize(1);
            }
            assertThat(lines.all()).hasSize(2);
            assertThat(lines.all().get(1)).isEqualTo("[-] the source failed again, 1 more since the last line");
        }
    }
}
