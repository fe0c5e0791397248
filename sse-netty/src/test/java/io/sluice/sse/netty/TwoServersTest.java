package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.hub.Hub;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Several servers and hubs in one JVM share only what the application configures. */
class TwoServersTest {

    @OverEachTransport
    void twoHubsDoNotReceiveEachOthersEvents(Transport transport) throws Exception {
        try (SseServer one = TestServers.on(transport).start();
                SseServer two = TestServers.on(transport).start();
                RawClient ofOne = RawClient.open(one.port(), "/events/a");
                RawClient ofTwo = RawClient.open(two.port(), "/events/a")) {
            one.hub().publish("a", Event.of("one"));
            ofOne.awaitEvents(1);
            assertThat(two.hub().stats().published()).isZero();

            one.close(Duration.ZERO).toCompletableFuture().get(60, TimeUnit.SECONDS);
            assertThat(ofOne.awaitEnd(RawClient.PATIENCE)).isTrue();
            assertThat(one.isReady()).isFalse();
            assertThat(two.isReady()).isTrue();
            assertThat(two.hub().ledger().count(Ledger.Kind.SINKS)).isEqualTo(1);
            two.hub().publish("a", Event.of("two"));
            ofTwo.awaitEvents(1);
            assertThat(ofTwo.stream().data()).containsExactly("two");
            TestServers.awaitNothingOwned(one.hub());
        }
    }

    @Test
    void anIdOfAnotherHubIsForeign() throws IOException {
        try (SseServer one = TestServers.on(Transport.NIO).start();
                SseServer two = TestServers.on(Transport.NIO).start()) {
            one.hub().publish("a", Event.of("1"));
            two.hub().publish("a", Event.of("kept"));
            try (RawClient client = RawClient.open(
                    two.port(), "/events/a", "Last-Event-ID: " + one.hub().headId())) {
                client.awaitEvents(2);
                assertThat(client.stream().events.get(0).type()).isEqualTo("gap");
                assertThat(client.stream().events.get(0).data()).contains("foreign");
                assertThat(client.stream().events.get(1).data()).isEqualTo("kept");
            }
        }
    }

    @Test
    void twoServersOfOneHubDeliverTheSameEventsAndCloseIndependently() throws Exception {
        try (Hub hub = Hub.create();
                SseServer one = TestServers.on(Transport.NIO).hub(hub).start();
                SseServer two = TestServers.on(Transport.NIO).hub(hub).start();
                RawClient ofOne = RawClient.open(one.port(), "/events/a");
                RawClient ofTwo = RawClient.open(two.port(), "/events/a")) {
            hub.publish("a", Event.of("both"));
            ofOne.awaitEvents(1);
            ofTwo.awaitEvents(1);
            assertThat(ofOne.stream().events).isEqualTo(ofTwo.stream().events);
            one.close(Duration.ZERO).toCompletableFuture().get(60, TimeUnit.SECONDS);
            hub.publish("a", Event.of("one left"));
            ofTwo.awaitEvents(2);
        }
    }
}
