package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a client may send as its last id, over sockets. It always gets the events after the id, or a gap and everything
 * kept. It never gets silence or an error.
 */
@Timeout(180)
class LastEventIdTest {

    private static final String[] KEPT = {"3", "4", "5"};

    private Hub hub;
    private SseServer server;
    private final List<String> ids = new ArrayList<>();
    private int ends;

    /** Six events, of which three are kept. */
    @BeforeEach
    void start() throws IOException {
        hub = Hub.builder().historyEvents(3).build();
        server = TestServers.on(Transport.NIO)
                .hub(hub)
                .streams("/events/**", StreamRoute.anyTopics())
                .start();
        for (int i = 0; i < 6; i++) {
            ids.add(publish(Event.of(Integer.toString(i))));
        }
    }

    @AfterEach
    void stop() {
        server.close();
        hub.close();
    }

    private String publish(Event event) {
        return hub.publish("a", event).toCompletableFuture().join().id();
    }

    /** The events of a new stream before a marker event, which is published now. A gap appears as its reason. */
    private List<String> received(String query, String... headers) throws IOException {
        String end = "end-" + ends++;
        String target = "/events/a?topic=" + end + query.replace('?', '&');
        try (RawClient client = RawClient.open(server.port(), target, headers)) {
            assertThat(client.stream().status()).isEqualTo(200);
            hub.publish(end, Event.builder().name(end).data("x").build());
            client.await(
                    () -> client.stream().events.stream()
                            .anyMatch(event -> event.type().equals(end)),
                    "all events");
            return client.stream().events.stream()
                    .filter(event -> !event.type().equals(end))
                    .map(event -> event.type().equals("gap") ? reason(event.data()) : event.data())
                    .toList();
        }
    }

    private static String reason(String gap) {
        return gap.replaceFirst("\\{\"reason\":\"(\\w+)\".*", "$1");
    }

    /** A gap for this reason, and all kept events. */
    private static String[] gap(String reason) {
        return new String[] {reason, KEPT[0], KEPT[1], KEPT[2]};
    }

    private static String header(String id) {
        return "Last-Event-ID: " + id;
    }

    @OverEachProtocol
    void theIdOfAnEventResumesAfterIt(Transport transport, ClientProtocol protocol) throws IOException {
        try (SseServer other = protocol.on(transport).hub(hub).start();
                StreamClient byHeader = protocol.open(other, "/events/a", header(ids.get(3)));
                StreamClient byQuery = protocol.open(other, "/events/a?lastEventId=" + ids.get(3))) {
            for (StreamClient client : List.of(byHeader, byQuery)) {
                client.awaitEvents(2);
                assertThat(client.stream().data()).containsExactly("4", "5");
            }
        }
    }

    @OverEachProtocol
    void anUnknownIdIsAGapAndEverythingKeptFollows(Transport transport, ClientProtocol protocol) throws IOException {
        try (SseServer other = protocol.on(transport).hub(hub).start()) {
            for (String id : List.of(ids.get(0), "nonsense", "0000000000-00000000001")) {
                try (StreamClient client = protocol.open(other, "/events/a", header(id))) {
                    client.awaitEvents(4);
                    assertThat(client.stream().events.get(0).type()).isEqualTo("gap");
                    assertThat(client.stream().data()).endsWith(KEPT);
                }
            }
        }
    }

    @Test
    void theNewestIdReplaysNothing() throws IOException {
        assertThat(received("", header(ids.get(5)))).isEmpty();
        assertThat(received("?lastEventId=" + hub.headId())).isEmpty();
    }

    @Test
    void theIdOfTheFloorMissesNothing() throws IOException {
        assertThat(received("", header(ids.get(2)))).containsExactly(KEPT);
    }

    @Test
    void anIdBelowTheFloorIsAGap() throws IOException {
        assertThat(received("", header(ids.get(1)))).containsExactly(gap("evicted"));
    }

    @Test
    void theHeaderWinsOverTheQuery() throws IOException {
        assertThat(received("?lastEventId=" + ids.get(3), header(ids.get(4)))).containsExactly("5");
    }

    @Test
    void theHeaderWinsEvenIfItsIdIsUnknown() throws IOException {
        assertThat(received("?lastEventId=" + ids.get(3), header("nonsense"))).startsWith("unknown");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Last-Event-ID:", "Last-Event-ID: ", "Last-Event-ID: \t "})
    void anEmptyHeaderIsIgnoredAndTheQueryDecides(String empty) throws IOException {
        assertThat(received("", empty)).as("like a request without the header").isEmpty();
        assertThat(received("?lastEventId=" + ids.get(4), empty)).containsExactly("5");
    }

    @Test
    void anEmptyQueryParameterIsIgnored() throws IOException {
        assertThat(received("?lastEventId=")).isEmpty();
        assertThat(received("?lastEventId")).isEmpty();
    }

    @Test
    void theLastOfSeveralHeadersCounts() throws IOException {
        assertThat(received("", header(ids.get(0)), header("nonsense"), header(ids.get(4))))
                .containsExactly("5");
    }

    @Test
    void theFirstOfSeveralQueryParametersCounts() throws IOException {
        assertThat(received("?lastEventId=" + ids.get(4) + "&lastEventId=nonsense"))
                .containsExactly("5");
    }

    @Test
    void whitespaceAroundTheHeaderIsIgnored() throws IOException {
        assertThat(received("", "Last-Event-ID: \t " + ids.get(4) + " \t")).containsExactly("5");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "%20",
                "+",
                "%0A",
                "%0D%0A",
                "%00",
                "a%00b",
                "id%0Aevent:%20forged%0A%0A",
                "%FF",
                "%C3",
                "%ED%A0%80",
                "%zz",
                "%",
                "%4",
                "%F0%9F%98%80",
                "\u00ff",
                "\u00c3\u00a9",
                "%22%7D",
                "null",
                "..",
                "end",
                "END~1"
            })
    void anImpossibleIdIsAGapAndNotAnError(String inQuery) throws IOException {
        assertThat(received("?lastEventId=" + inQuery)).containsExactly(gap("unknown"));
    }

    @Test
    void percentEncodingIsDecodedOnce() throws IOException {
        assertThat(received("?lastEventId=" + ids.get(4).replace("-", "%2D"))).containsExactly("5");
        assertThat(received("?lastEventId=" + ids.get(4).replace("-", "%252D"))).startsWith("unknown");
    }

    @ParameterizedTest
    @ValueSource(ints = {129, 1000, 8 * 1024, 15 * 1024})
    void anOversizedIdIsAGapThatDoesNotRepeatIt(int length) throws IOException {
        assertThat(received("", header("x".repeat(length)))).containsExactly(gap("unknown"));
        try (RawClient client = RawClient.open(server.port(), "/events/a?lastEventId=" + "x".repeat(length))) {
            client.awaitEvents(1);
            assertThat(client.stream().events.get(0).data()).contains("\"lastEventId\":null");
        }
    }

    @Test
    void anIdAboveTheHeaderLimitMakesTheRequestInvalid() throws IOException {
        int tooMany = 16 * 1024 + 1;
        try (RawClient client = RawClient.connect(server.port())) {
            client.get("/events/a", header("x".repeat(tooMany))).awaitHead();
            assertThat(client.stream().status()).isEqualTo(431);
        }
    }

    @Test
    void aHeaderWithANulMakesTheRequestInvalid() throws IOException {
        try (RawClient client = RawClient.connect(server.port())) {
            client.get("/events/a", "Last-Event-ID: a\0b").awaitHead();
            assertThat(client.stream().status()).isEqualTo(400);
        }
    }

    /** A browser sends such an id of an earlier server, and would stop for good on an error. */
    @ParameterizedTest
    @ValueSource(strings = {"\u0001", "a\u0001b", "a\u001b", "\u007f", "a\tb", "a\u000bb"})
    void aHeaderWithAControlCharacterIsAGap(String id) throws IOException {
        assertThat(received("", "Last-Event-ID: " + id)).containsExactly(gap("unknown"));
        try (RawClient client = RawClient.connect(server.port())) {
            client.get("/events/a", "X-Other: " + id).awaitHead();
            assertThat(client.stream().status()).as("any other header").isEqualTo(id.equals("a\tb") ? 200 : 400);
        }
    }

    @Test
    void bytesThatAreNotUtf8InTheHeaderAreAGap() throws IOException {
        assertThat(received("", "Last-Event-ID: \u00ff\u00fe")).containsExactly(gap("unknown"));
    }

    @Test
    void anIdOfTheHubInUpperCaseOrOfAnotherLengthIsUnknown() throws IOException {
        String id = ids.get(4);
        for (String odd : List.of(
                id.substring(0, 21), id + "0", id.substring(1), id.replace('-', '_'), id.substring(0, 21) + "W")) {
            assertThat(received("", header(odd))).as(odd).startsWith("unknown");
        }
        String shouted = id.toUpperCase(Locale.ROOT);
        if (!shouted.equals(id)) {
            assertThat(received("", header(shouted))).startsWith("unknown");
        }
    }

    @Test
    void aPublisherIdOf128BytesCanBeResumedAndOneOf129IsRejected() throws IOException {
        String longest = "é".repeat(64);
        publish(Event.builder().id(longest).data("chosen").build());
        publish(Event.of("behind"));
        String asHeader = new String(longest.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        assertThat(received("", header(asHeader))).containsExactly("behind");
        Assertions.assertThatThrownBy(
                        () -> Event.builder().id(longest + "x").data("x").build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("128");
    }

    /** {@code fetch} sends a header as Latin-1, an EventSource as UTF-8. */
    @Test
    void aPublisherIdComesBackFromFetchAsLatin1() throws IOException {
        publish(Event.builder().id("café").data("chosen").build());
        publish(Event.of("after"));
        assertThat(received("", header("café"))).containsExactly("after");
        assertThat(received("", header("cafÃ©"))).containsExactly("after");
    }

    @Test
    void theIdOfACompletedStreamGets204() throws IOException {
        for (String request : List.of("/events/a", "/events/a?lastEventId=end~1", "/events/nobody")) {
            boolean byQuery = request.contains("?");
            try (RawClient client = RawClient.connect(server.port())) {
                (byQuery ? client.get(request) : client.get(request, header("end~anything"))).awaitHead();
                assertThat(client.stream().status()).isEqualTo(204);
            }
        }
        assertThat(hub.stats().opened()).isZero();
    }

    @Test
    void aStormOfReconnectsWithTheSameIdGetsTheSameEventsEachTime() throws IOException {
        List<RawClient> storm = new ArrayList<>();
        try {
            for (int i = 0; i < 200; i++) {
                storm.add(RawClient.connect(server.port()).get("/events/a", header(ids.get(i % 2 == 0 ? 2 : 0))));
            }
            for (int i = 0; i < storm.size(); i++) {
                RawClient client = storm.get(i);
                boolean gap = i % 2 == 1;
                client.awaitEvents(gap ? 4 : 3);
                assertThat(client.stream().data().subList(gap ? 1 : 0, gap ? 4 : 3))
                        .isEqualTo(Arrays.asList(KEPT));
            }
        } finally {
            for (RawClient client : storm) {
                client.close();
            }
        }
        TestServers.awaitNothingOwned(hub);
    }

    // ---- together with a time and a number

    @Test
    void anIdOverridesATimeAndATimeOverridesANumber() throws IOException {
        String since = "since=1970-01-01T00:00:00Z";
        assertThat(received("?replay=1&" + since + "&lastEventId=" + ids.get(4)))
                .containsExactly("5");
        assertThat(received("?replay=1&" + since))
                .as("six events were published since")
                .startsWith("evicted");
        assertThat(received("?since=&replay=x", header(hub.headId())))
                .as("parameters that are overridden are not parsed")
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2000-01-01T00:00:00Z",
                "2000-01-01t00:00:00.123456789z",
                "2000-01-01T00:00:00%2B01:00",
                "946684800000",
                "0"
            })
    void aTimeIsAnInstantOrMilliseconds(String since) throws IOException {
        assertThat(received("?since=" + since)).containsExactly(gap("evicted"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"9999-01-01T00:00:00Z", "999999999999999"})
    void aTimeInTheFutureStartsLive(String since) throws IOException {
        assertThat(received("?since=" + since)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "yesterday",
                "-1",
                "1e3",
                "2000-01-01",
                "2000-01-01T00:00:00",
                "2000-13-01T00:00:00Z",
                "2000-01-01T00:00:00+01:00",
                "1234567890123456"
            })
    void anInvalidTimeIsRejectedAndTheMessageNamesTheExpectedForm(String since) throws IOException {
        try (RawClient client = RawClient.connect(server.port())) {
            client.get("/events/a?since=" + since).awaitHead();
            assertThat(client.stream().status()).isEqualTo(400);
            client.await(() -> client.stream().body().contains("milliseconds since 1970"), "what is expected");
        }
    }
}
