package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.topic.Selector;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A stream subscribes only to the topics that its route has checked. */
@Timeout(120)
class TopicsRouteTest {

    /** The check of a user's path as an application typically writes it first. */
    private static final StreamRoute OWN_TOPIC_ONLY = StreamRoute.topics().with((request, stream) -> {
        if (!request.subPath().equals(request.header("x-user"))) {
            throw HttpStatusException.of(403, "not yours");
        }
        return stream;
    });

    /** A check with a list of forbidden topics. */
    private static final StreamRoute ALL_BUT_PAYROLL = StreamRoute.topics().with((request, stream) -> {
        if (request.subPath().startsWith("payroll")) {
            throw HttpStatusException.of(403, "not yours");
        }
        return stream;
    });

    private static final StreamRoute BY_SELECTOR = StreamRoute.anyTopics().with((request, stream) -> {
        Selector selector = Objects.requireNonNull(stream.selector());
        if (!selector.patterns().isEmpty()
                || !selector.topics().stream().allMatch(topic -> topic.startsWith("news/"))) {
            throw HttpStatusException.of(403, "only news");
        }
        return stream;
    });

    @OverEachTransport
    void aStreamSubscribesOnlyToItsCheckedPath(Transport transport) throws IOException {
        try (SseServer server = TestServers.on(transport)
                .streams("/users/**", OWN_TOPIC_ONLY)
                .streams("/all/**", ALL_BUT_PAYROLL)
                .streams("/news/**", BY_SELECTOR)
                .start()) {
            for (String target : List.of(
                    "/users/ann?topic=bob&topic=**",
                    "/users/ann?topic=",
                    "/users/ann?%74opic=bob",
                    "/users/ann?topic=ann",
                    "/all/**",
                    "/all/*/all",
                    "/all/%2a%2a",
                    "/all/x?topic=payroll/all")) {
                assertStatus(400, target, server);
            }
            for (String target : List.of(
                    "/users/bob",
                    "/all/payroll/all",
                    "/news/news/a?topic=payroll/all",
                    "/news/news/**",
                    "/news/?topic=**",
                    "/news/news/a?topic=news/b&topic=*")) {
                assertStatus(403, target, server);
            }
            assertThat(server.hub().stats().opened()).isZero();
            try (RawClient ann = RawClient.open(server.port(), "/users/ann", "X-User: ann");
                    RawClient news = RawClient.open(server.port(), "/news/news/a?topic=news/b")) {
                Hub hub = server.hub();
                hub.publish("bob", Event.of("of bob"));
                hub.publish("payroll/all", Event.of("of payroll"));
                hub.publish("ann", Event.of("of ann"));
                hub.publish("news/b", Event.of("of b"));
                ann.awaitEvents(1);
                news.awaitEvents(1);
                assertThat(ann.stream().data()).containsExactly("of ann");
                assertThat(news.stream().data()).containsExactly("of b");
            }
        }
    }

    /** A server with default options must not give a client access to all topics of the hub. */
    @Test
    void theDefaultRouteServesOneTopicByItsName() throws IOException {
        try (SseServer server = TestServers.on(Transport.NIO).start()) {
            for (String target :
                    List.of("/events/**", "/events/a/*", "/events/a?topic=b", "/events?topic=**", "/events")) {
                assertStatus(400, target, server);
            }
            try (RawClient client = RawClient.open(server.port(), "/events/a/b?envelope=1")) {
                server.hub().publish("a/b", Event.of("x"));
                client.awaitEvents(1);
                assertThat(client.stream().data()).containsExactly("{\"topic\":\"a/b\",\"data\":\"x\"}");
            }
        }
    }

    @Test
    void aRouteMayAllowPatternsAndTheQuery() throws IOException {
        try (SseServer server = TestServers.on(Transport.NIO)
                        .streams("/events/**", StreamRoute.anyTopics())
                        .start();
                RawClient client = RawClient.open(server.port(), "/events/a?topic=b/*&topic=c/**")) {
            server.hub().publish("a", Event.of("1"));
            server.hub().publish("b/x", Event.of("2"));
            server.hub().publish("c/d/e", Event.of("3"));
            client.awaitEvents(3);
            assertThat(client.stream().data()).containsExactly("1", "2", "3");
        }
    }

    private static void assertStatus(int status, String target, SseServer server) throws IOException {
        try (RawClient client = RawClient.connect(server.port()).get(target, "X-User: ann")) {
            assertThat(client.awaitResponse(RawClient.PATIENCE)).as(target).isTrue();
            assertThat(client.stream().status()).as(target).isEqualTo(status);
        }
    }
}
