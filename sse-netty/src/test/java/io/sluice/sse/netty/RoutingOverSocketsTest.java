package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Identity;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.topic.EventFilter;
import io.sluice.sse.topic.HubSink;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Recipients;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.SinkInfo;
import io.sluice.sse.topic.Subscription;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Several topics, envelopes, filters, recipients and later subscriptions, over real sockets. */
class RoutingOverSocketsTest {

    private static final EventFilter NOT_HIDDEN =
            event -> !"hidden".equals(event.event().data());

    /** The client names its own user and group, which is safe in a test. */
    private static SseStream stream(SseRequest request) {
        SseStream stream = StreamRoute.anyTopics().open(request);
        String user = request.query("user");
        String group = request.query("group");
        return user == null ? stream : stream.identity(new Identity(user, group == null ? Set.of() : Set.of(group)));
    }

    private static List<String> data(RawClient client) {
        return client.stream().events.stream().map(ReceivedEvent::data).toList();
    }

    private static String lastId(RawClient client) {
        List<String> ids = client.stream().ids;
        return ids.isEmpty() ? "" : ids.get(ids.size() - 1);
    }

    @OverEachTransport
    void aClientOfSeveralTopicsGetsEnvelopesOfEventsForItOnly(Transport transport) throws IOException {
        try (SseServer server = TestServers.on(transport)
                .streams("/events/**", RoutingOverSocketsTest::stream)
                .start()) {
            Hub hub = server.hub();
            try (RawClient ann = RawClient.open(server.port(), "/events/a?topic=b&user=ann&group=ops&envelope=1");
                    RawClient bob = RawClient.open(server.port(), "/events/a?topic=b&user=bob&group=ops");
                    RawClient third = RawClient.open(server.port(), "/events/b?envelope=0")) {
                await().untilAsserted(() -> assertThat(hub.subscribers("b")).isEqualTo(3));
                hub.publish(List.of("b", "a"), Event.of("to \"all\""));
                hub.publish(Publication.of(Event.of("to ops"), "a", "b").to(Recipients.group("ops")));
                hub.publish(new Publication("a", Event.of("to ann")).to(Recipients.principal("ann")));
                hub.publish("b", Event.of("end"));
                ann.awaitEvents(4);
                bob.awaitEvents(3);
                third.awaitEvents(2);
                assertThat(data(ann))
                        .containsExactly(
                                "{\"topic\":\"a\",\"data\":\"to \\\"all\\\"\"}",
                                "{\"topic\":\"a\",\"data\":\"to ops\"}",
                                "{\"topic\":\"a\",\"data\":\"to ann\"}",
                                "{\"topic\":\"b\",\"data\":\"end\"}");
                assertThat(data(bob)).containsExactly("to \"all\"", "to ops", "end");
                assertThat(data(third)).containsExactly("to \"all\"", "end");
                // The lane counts events at the end of the turn that wrote them.
                await().untilAsserted(() -> assertThat(hub.stats().delivered()).isEqualTo(9));
            }
            try (RawClient rejected = RawClient.connect(server.port())) {
                rejected.get("/events/a?envelope=yes").awaitHead();
                assertThat(rejected.stream().status()).isEqualTo(400);
            }
            TestServers.awaitNothingOwned(hub);
        }
    }

    @OverEachTransport
    void aClientCanBeFoundAndItsSubscriptionsChanged(Transport transport) throws Exception {
        try (SseServer server = TestServers.on(transport).start()) {
            Hub hub = server.hub();
            try (RawClient client = RawClient.open(server.port(), "/events/a")) {
                HubSink sink = await().until(() -> sinks(hub), found -> found.size() == 1)
                        .get(0);
                assertThat(hub.find(sink.id()).toCompletableFuture().get(30, TimeUnit.SECONDS))
                        .containsSame(sink);
                hub.publish("b", Event.of("before"));
                Subscription more = sink.subscribe(Selector.of("b").withEnvelope())
                        .toCompletableFuture()
                        .get(30, TimeUnit.SECONDS);
                hub.publish("b", Event.of("1"));
                client.awaitEvents(1);
                more.cancel().toCompletableFuture().get(30, TimeUnit.SECONDS);
                hub.publish("b", Event.of("after"));
                hub.publish("a", Event.of("2"));
                client.awaitEvents(2);
                assertThat(data(client)).containsExactly("{\"topic\":\"b\",\"data\":\"1\"}", "2");
                sink.close(CloseReason.CLOSED_BY_APPLICATION)
                        .toCompletableFuture()
                        .get(30, TimeUnit.SECONDS);
                assertThat(hub.find(sink.id()).toCompletableFuture().get(30, TimeUnit.SECONDS))
                        .isEmpty();
            }
            TestServers.awaitNothingOwned(hub);
        }
    }

    private static List<HubSink> sinks(Hub hub) {
        List<HubSink> sinks = new ArrayList<>();
        TestServers.sinks(hub).stream().map(SinkInfo::sink).forEach(sinks::add);
        return sinks;
    }

    /** Heartbeats advance the id although the filter accepts nothing. A client that resumes with it gets no gap. */
    @OverEachTransport
    void aFilterThatAcceptsNothingStillAdvancesTheClientsId(Transport transport) throws IOException {
        try (Hub hub = Hub.builder().historyEvents(20).build();
                SseServer server = TestServers.on(transport)
                        .hub(hub)
                        .heartbeat(Duration.ofMillis(100))
                        .streams(
                                "/events/**",
                                request -> SseStream.of(
                                        Selector.of("a").filtered(NOT_HIDDEN), StreamRoute.startOf(request)))
                        .start()) {
            String last;
            try (RawClient client = RawClient.open(server.port(), "/events/")) {
                for (int round = 0; round < 4; round++) {
                    for (int i = 0; i < 10; i++) {
                        hub.publish("a", Event.of("hidden"));
                    }
                    String head = hub.headId();
                    client.await(() -> lastId(client).equals(head), "the id of the head");
                }
                assertThat(data(client)).isEmpty();
                last = lastId(client);
            }
            hub.publish("a", Event.of("hidden"));
            hub.publish("a", Event.of("shown"));
            try (RawClient back = RawClient.open(server.port(), "/events/", "Last-Event-ID: " + last)) {
                back.awaitEvents(1);
                assertThat(data(back)).containsExactly("shown");
            }
            assertThat(hub.stats().gaps()).isZero();
            TestServers.awaitNothingOwned(hub);
        }
    }

    /** 300 clients with three event views cost three frames per event and lane, in whatever order they are. */
    @OverEachTransport
    void eachEventViewIsFramedOncePerLane(Transport transport) throws IOException {
        List<RawClient> open = new ArrayList<>();
        try (SseServer server = TestServers.on(transport)
                .streams("/events/**", StreamRoute.topics())
                .streams(
                        "/filtered",
                        request -> SseStream.of(Selector.of("news").filtered(NOT_HIDDEN), StreamRoute.startOf(request)))
                .start()) {
            Hub hub = server.hub();
            try {
                for (int i = 0; i < 100; i++) {
                    open.add(RawClient.open(server.port(), "/events/news"));
                    open.add(RawClient.open(server.port(), "/events/news?envelope=1"));
                    open.add(RawClient.open(server.port(), "/filtered"));
                }
                hub.publish("news", Event.of("who has just come is served alone"));
                for (RawClient client : open) {
                    client.awaitEvents(1);
                }
                for (int event = 2; event <= 4; event++) {
                    long before = hub.stats().framed();
                    hub.publish("news", Event.of("to all"));
                    for (RawClient client : open) {
                        client.awaitEvents(event);
                    }
                    assertThat(hub.stats().framed() - before).as("frames").isLessThanOrEqualTo(2 * 3);
                }
            } finally {
                for (RawClient client : open) {
                    client.close();
                }
            }
            TestServers.awaitNothingOwned(hub);
        }
    }
}
