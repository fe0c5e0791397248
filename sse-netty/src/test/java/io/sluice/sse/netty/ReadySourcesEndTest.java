package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.Event;
import io.sluice.sse.Source;
import io.sluice.sse.source.Job;
import io.sluice.sse.source.Sources;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Each built-in source stops when its client leaves, over a real connection. Nothing of it remains owned or scheduled.
 */
@Execution(ExecutionMode.CONCURRENT) // its tests wait for timers to run out
class ReadySourcesEndTest {

    @TempDir
    Path directory;

    private final AtomicInteger opened = new AtomicInteger();
    private final AtomicInteger closed = new AtomicInteger();

    /** None of these sources completes by itself. */
    private Map<String, Source> sources() throws Exception {
        Path file = Files.writeString(directory.resolve("log"), "line\n");
        Job job = Job.create();
        job.progress(Event.of("half"));
        return Map.of(
                "periodic", Sources.periodic(Duration.ofMillis(10), () -> Event.of("tick")),
                "iterating",
                        Sources.iterating(
                                () -> Stream.generate(() -> Event.of("next")).iterator()),
                "streaming",
                        Sources.streaming(() -> {
                            opened.incrementAndGet();
                            return Stream.generate(() -> Event.of("next")).onClose(closed::incrementAndGet);
                        }),
                "tail", Sources.tail(file).withLast(1).withPeriod(Duration.ofMillis(10)),
                "job", Sources.job(job),
                "blocking",
                        Sources.blocking(sink -> {
                            for (; ; ) {
                                sink.send(Event.of("next"));
                            }
                        }),
                "publisher",
                        Sources.from(subscriber -> subscriber.onSubscribe(new Flow.Subscription() {
                            @Override
                            public void request(long count) {
                                for (long i = 0; i < count; i++) {
                                    subscriber.onNext(Event.of("next"));
                                }
                            }

                            @Override
                            public void cancel() {}
                        })));
    }

    @OverEachTransport
    void eachSourceStopsWhetherItsClientClosesOrResets(Transport transport) throws Exception {
        Map<String, Source> sources = sources();
        try (SseServer server = TestServers.on(transport)
                .streams("/sources/**", request -> SseStream.of(sources.get(request.subPath())))
                .start()) {
            for (String name : sources.keySet()) {
                for (boolean reset : new boolean[] {true, false}) {
                    try (RawClient client = RawClient.open(server.port(), "/sources/" + name)) {
                        client.awaitEvents(1);
                        if (reset) {
                            client.reset();
                        }
                    }
                    TestServers.awaitNothingOwned(server.hub());
                    TestServers.awaitNothingScheduled(server);
                }
            }
            await().untilAsserted(() -> assertThat(closed).hasValue(opened.get()));
            assertThat(opened).hasValue(2);
            assertThat(server.hub().stats().userCodeFailures()).isZero();
        }
    }
}
