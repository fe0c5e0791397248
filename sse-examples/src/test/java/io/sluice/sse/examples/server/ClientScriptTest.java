package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.TransportAccess;
import io.sluice.sse.netty.HttpStatusException;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.SseStream;
import io.sluice.sse.netty.StreamRoute;
import io.sluice.sse.wire.EventParser;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.chrome.ChromeDriver;

/** Tests in Chromium that the browser script continues in cases in which an EventSource gives up. */
class ClientScriptTest {

    private static ChromeDriver browser;
    private static ScriptPage page;

    private final AtomicInteger refusals = new AtomicInteger();
    private final AtomicReference<String> token = new AtomicReference<>("t1");
    private Hub hub;
    private SseServer server;

    @BeforeAll
    static void openBrowser(@TempDir Path profile) {
        browser = Browser.open(profile);
        page = new ScriptPage(browser);
    }

    @AfterAll
    static void closeBrowser() {
        if (browser != null) {
            browser.quit();
        }
    }

    @BeforeEach
    void start() throws Exception {
        hub = Hub.builder().historyEvents(10).build();
        var builder = SseServer.builder()
                .hub(hub)
                .port(0)
                .retry(Duration.ofMillis(50))
                .heartbeat(Duration.ofMillis(200))
                .drain(Duration.ofMillis(100));
        new Page(false).addTo(builder);
        server = builder.streams("/events/**", StreamRoute.topics())
                .streams("/guarded/**", request -> {
                    if (!("Bearer " + token.get()).equals(request.header("authorization"))) {
                        refusals.incrementAndGet();
                        throw HttpStatusException.of(401, "another token, please");
                    }
                    return StreamRoute.topics().open(request);
                })
                .streams("/failing/**", request -> {
                    if (refusals.incrementAndGet() <= 3) {
                        throw HttpStatusException.of(500, "not now");
                    }
                    return StreamRoute.topics().open(request);
                })
                .streams(
                        "/once",
                        request -> SseStream.of(sink -> {
                            sink.send(Event.of("all there is"));
                            sink.complete();
                        }))
                .start();
        browser.get(server.uri() + "/");
    }

    @AfterEach
    void stop() {
        browser.get("about:blank");
        server.close();
        hub.close();
    }

    @Test
    void theScriptResumesAfterItsLastEventAndLosesNothing() throws Exception {
        page.open("/events/x", "{}");
        List<String> expected = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            Browser.await().until(() -> hub.subscribers("x") == 1);
            expected.add(publish("seen " + round));
            Browser.await().untilAsserted(() -> assertThat(page.received()).isEqualTo(expected));
            closeStreams(CloseReason.CLOSED_BY_APPLICATION);
            expected.add(publish("missed " + round));
        }
        Browser.await().untilAsserted(() -> assertThat(page.received()).isEqualTo(expected));
    }

    @Test
    void eventsPublishedBeforeItsFirstEventAreNotLostEither() throws Exception {
        page.open("/events/x", "{}");
        Browser.await()
                .until(() -> !String.valueOf(page.ask("stream.lastEventId")).isEmpty());
        closeStreams(CloseReason.CLOSED_BY_APPLICATION);
        String expected = publish("first");
        Browser.await().untilAsserted(() -> assertThat(page.received()).containsExactly(expected));
    }

    @Test
    void aGapIsReported() throws Exception {
        page.open("/events/x", "{}");
        Browser.await().until(() -> hub.subscribers("x") == 1);
        String first = publish("before");
        Browser.await().untilAsserted(() -> assertThat(page.received()).containsExactly(first));
        for (int i = 0; i < 50; i++) {
            hub.publish("x", Event.of("old " + i));
        }
        browser.executeScript("window.stream.close()");
        Browser.await().until(() -> hub.subscribers("x") == 0);
        browser.executeScript("window.got = []");
        page.open("/events/x", "{ lastEventId: '" + first.split(" ")[0] + "' }");
        Browser.await()
                .untilAsserted(() -> assertThat(page.received())
                        .hasSize(11)
                        .first()
                        .asString()
                        .contains("\"reason\":\"evicted\""));
    }

    @Test
    void aRejectedTokenIsFetchedAgain() throws Exception {
        token.set("t2");
        browser.executeScript("window.asked = [];");
        page.open(
                "/guarded/x",
                "{ headers: async ({ status }) => { window.asked.push(status);"
                        + " return { Authorization: 'Bearer ' + (status === 401 ? 't2' : 't1') }; } }");
        Browser.await().until(() -> hub.subscribers("x") == 1);
        String expected = publish("hello");
        Browser.await().untilAsserted(() -> assertThat(page.received()).containsExactly(expected));
        assertThat(refusals).hasValue(1);
        assertThat(page.ask("asked")).isEqualTo(List.of(0L, 401L));
    }

    @Test
    void theScriptRetriesAfterServerErrorsWithGrowingDelays() throws Exception {
        page.open("/failing/x", "{}");
        Browser.await().until(() -> hub.subscribers("x") == 1);
        assertThat(refusals).hasValue(4);
        List<?> delays = (List<?>) page.ask("states.filter(s => s.state === 'waiting').map(s => Math.round(s.delay))");
        assertThat(delays).hasSize(3);
        // The default of 3 s before the first retry hint is long, so the test sets 50 ms. Each delay is 0.5 to
        // 1.5 times that value.
        for (int i = 0; i < delays.size(); i++) {
            assertThat(((Number) delays.get(i)).longValue()).isBetween(25L << i, 75L << i);
        }
    }

    @Test
    void aPageThatFailsToShowAStateKeepsItsStream() throws Exception {
        page.open("/events/x", "{ onState: () => { throw new Error('of the page'); } }");
        Browser.await().until(() -> hub.subscribers("x") == 1);
        closeStreams(CloseReason.CLOSED_BY_APPLICATION);
        String expected = publish("after");
        Browser.await().untilAsserted(() -> assertThat(page.received()).containsExactly(expected));
    }

    @Test
    void aCompletedStreamStaysClosed() throws Exception {
        page.open("/once", "{}");
        Browser.await().until(() -> page.ask("stream.state"), "closed"::equals);
        assertThat(page.received()).hasSize(2).first().asString().endsWith(" all there is");
        assertThat(page.ask("states.map(s => s.state).join(' ')")).isEqualTo("connecting open closed");
    }

    @Test
    void aPermanentRejectionStopsTheScript() throws Exception {
        page.open("/nowhere", "{}");
        Browser.await().until(() -> page.ask("stream.state"), "closed"::equals);
        assertThat(page.ask("states.at(-1).status")).isEqualTo(404L);
    }

    @Test
    void heartbeatsPreventTheSilenceTimeout() throws Exception {
        page.open("/events/x", "{ silence: 5000 }");
        Browser.await().until(() -> hub.subscribers("x") == 1);
        Browser.await()
                .until(
                        () -> page.ask("performance.now() - states.find(s => s.state === 'open').at > 7500"),
                        Boolean.TRUE::equals);
        assertThat(page.ask("states.map(s => s.state).join(' ')")).isEqualTo("connecting open");
    }

    @Test
    void aSilentConnectionIsReplaced() throws Exception {
        page.open("/events/x", "{ silence: 40 }"); // less than the heartbeat, so that any pause counts as silence
        Browser.await()
                .until(() -> page.ask("states.filter(s => s.state === 'open').length > 1"), Boolean.TRUE::equals);
    }

    /** Compares the parsers of the script and of the library on random streams, split at random positions. */
    @Test
    void theScriptParsesTheFormatAsTheLibraryDoes() {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        Random random = new Random(seed);
        String[] pieces = {
            "data",
            "event",
            "id",
            "retry",
            ":",
            ": ",
            " ",
            "\n",
            "\n",
            "\r",
            "\r\n",
            "\n\n",
            "x",
            "data: y\n",
            "data:z\r\n",
            "id: 7\n",
            "id:\n",
            "event: e\n",
            "\u00e9",
            "\ud83d\ude00",
            "\0",
            "id: a\0b\n",
            "retry: 12\n",
            "retry: 1a\n",
            "data\n"
        };
        List<List<String>> streams = new ArrayList<>();
        List<List<String>> expected = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            StringBuilder stream = new StringBuilder();
            for (int n = random.nextInt(40); n > 0; n--) {
                stream.append(pieces[random.nextInt(pieces.length)]);
            }
            streams.add(cut(stream.toString(), random));
            expected.add(parsed(stream.toString()));
        }
        Object got = browser.executeAsyncScript(
                "const [streams, done] = arguments; import('/sluice-client.js').then(({ EventParser }) => done(streams.map(chunks => {"
                        + "  const got = [];"
                        + "  const parser = new EventParser({ onEvent: (name, data, id) => got.push(`${name}|${data}|${id}`),"
                        + "    onRetry: millis => got.push(`retry ${millis}`) });"
                        + "  for (const chunk of chunks) parser.feed(chunk);"
                        + "  return got;"
                        + "})));",
                streams);
        assertThat((List<?>) Objects.requireNonNull(got)).as("seed " + seed).isEqualTo(expected);
    }

    private static List<String> cut(String stream, Random random) {
        List<String> chunks = new ArrayList<>();
        for (int at = 0; at < stream.length(); ) {
            int end = Math.min(stream.length(), at + random.nextInt(6));
            if (end > at && end < stream.length() && Character.isHighSurrogate(stream.charAt(end - 1))) {
                end++; // the decoder before the parser never splits a character
            }
            chunks.add(stream.substring(at, end));
            at = end;
        }
        return chunks;
    }

    private static List<String> parsed(String stream) {
        List<String> events = new ArrayList<>();
        EventParser parser = new EventParser(new EventParser.Listener() {
            @Override
            public void onEvent(String type, String data, String lastEventId) {
                events.add(type + "|" + data + "|" + lastEventId);
            }

            @Override
            public void onRetry(long millis) {
                events.add("retry " + millis);
            }
        });
        byte[] bytes = stream.getBytes(StandardCharsets.UTF_8);
        parser.feed(bytes, 0, bytes.length);
        return events;
    }

    private String publish(String data) throws Exception {
        return hub.publish("x", Event.of(data)).toCompletableFuture().get().id() + " " + data;
    }

    private void closeStreams(CloseReason reason) {
        TransportAccess.of(hub).all().forEach(lane -> lane.forEachSink(sink -> sink.close(reason)));
    }
}
