package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Observer;
import io.sluice.sse.Sink;
import io.sluice.sse.Source;
import io.sluice.sse.hub.Hub;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/** User code closes its own server. No call site causes a deadlock, and nothing is left. */
class ClosedFromWithinTest {

    /** Each entry creates a source that closes the server from a different call site. */
    private static Map<String, Function<Runnable, Source>> callSites() {
        Map<String, Function<Runnable, Source>> callSites = new LinkedHashMap<>();
        callSites.put("start", close -> sink -> close.run());
        callSites.put("stop", close -> new Source() {
            @Override
            public void start(Sink sink) {
                sink.close(CloseReason.CLOSED_BY_APPLICATION);
            }

            @Override
            public void stop(Sink sink, CloseReason reason) {
                close.run();
            }
        });
        callSites.put("close listener", close -> sink -> {
            sink.scope().onClose(reason -> close.run());
            sink.complete();
        });
        callSites.put("writable listener", close -> sink -> sink.onWritable(close));
        callSites.put("task", close -> sink -> sink.scope().schedule(Duration.ofMillis(1), close));
        callSites.put("resource, on the event loop", close -> sink -> {
            sink.scope().own(close::run);
            sink.complete();
        });
        return callSites;
    }

    @OverEachTransport
    void noCallSiteDeadlocks(Transport transport) throws Exception {
        for (var callSite : callSites().entrySet()) {
            AtomicReference<SseServer> server = new AtomicReference<>();
            CountDownLatch returned = new CountDownLatch(1);
            Source source = callSite.getValue().apply(() -> {
                server.get().close();
                returned.countDown();
            });
            server.set(TestServers.on(transport)
                    .streams("/s", request -> SseStream.of(source))
                    .start());
            try (RawClient client = RawClient.connect(server.get().port()).get("/s")) {
                assertThat(returned.await(40, TimeUnit.SECONDS))
                        .as("close() called in a %s returns", callSite.getKey())
                        .isTrue();
                assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue();
            } finally {
                server.get().close();
            }
            TestServers.awaitNothingOwned(server.get().hub());
        }
        await().untilAsserted(() ->
                assertThat(TestServers.sluiceThreads()).noneMatch(name -> name.matches("sluice-\\d+-.*")));
    }

    @OverEachTransport
    void aSinkThatAnObserverClosesAsItOpensGetsAResponseAndLeavesNothing(Transport transport) throws Exception {
        Observer closes = new Observer() {
            @Override
            public void sinkOpened(Sink sink) {
                sink.close(CloseReason.REJECTED);
            }
        };
        try (Hub hub = Hub.builder().observer(closes).build();
                SseServer server = TestServers.on(transport).hub(hub).start()) {
            try (RawClient client = RawClient.connect(server.port()).get("/events/a")) {
                assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue();
                assertThat(client.stream().status()).isEqualTo(503);
            }
            TestServers.awaitNothingOwned(hub);
        }
    }

    @OverEachTransport
    void aSinkThatAnObserverCompletesAsItOpensNotifiesItsClient(Transport transport) throws Exception {
        Observer completes = new Observer() {
            @Override
            public void sinkOpened(Sink sink) {
                sink.complete();
            }
        };
        try (Hub hub = Hub.builder().observer(completes).build();
                SseServer server = TestServers.on(transport).hub(hub).start()) {
            try (RawClient client = RawClient.connect(server.port()).get("/events/a")) {
                assertThat(client.awaitEnd(RawClient.PATIENCE)).isTrue();
                assertThat(client.stream().status()).isEqualTo(200);
                assertThat(client.stream().data()).hasSize(1);
            }
            TestServers.awaitNothingOwned(hub);
        }
    }
}
