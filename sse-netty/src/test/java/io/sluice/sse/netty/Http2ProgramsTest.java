package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.hub.Hub;
import java.io.IOException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** HTTP/2 clients of other projects: each of many streams on one connection gets all events, and its end. */
@Timeout(120)
class Http2ProgramsTest {

    private static final int STREAMS = 200;
    /** As many as a server allows on a connection by default. */
    private static final int STREAMS_OF_H2LOAD = 1_000;
    /** curl opens another connection above 100. */
    private static final int STREAMS_OF_CURL = 100;

    private static final int EVENTS = 50;
    private static final Pattern DATA = Pattern.compile("^data: (event \\d+)$", Pattern.MULTILINE);
    private static final Pattern TRAFFIC = Pattern.compile("traffic: .* headers .*\\((\\d+)\\) data");

    @TempDir
    Path folder;

    /** A test whose parameter is HTTP/2 with prior knowledge, or over TLS. */
    @Target(ElementType.METHOD)
    @Retention(RetentionPolicy.RUNTIME)
    @ParameterizedTest(name = "{0}")
    @EnumSource(
            value = ClientProtocol.class,
            names = {"H2", "H2_TLS"})
    private @interface OverEachHttp2 {}

    private static SseServer start(ClientProtocol protocol) throws IOException {
        return protocol.on(Transport.AUTO).retryJitter(0).start(); // so that all streams have the same bytes
    }

    private static String uri(SseServer server) {
        return server.uri() + "/events/a";
    }

    /** Publishes to the streams of a program, and ends their topic. */
    private static void publishTo(SseServer server, int streams, int connections) {
        Hub hub = server.hub();
        await().untilAsserted(
                        () -> assertThat(hub.ledger().count(Ledger.Kind.SINKS)).isEqualTo(streams));
        assertThat(hub.ledger().count(Ledger.Kind.CONNECTIONS)).isEqualTo(connections);
        for (int i = 0; i < EVENTS - 1; i++) {
            hub.publish("a", Event.of("event " + i));
        }
        hub.end("a", Event.of("event " + (EVENTS - 1)));
    }

    private static List<String> events() {
        List<String> events = new ArrayList<>();
        for (int i = 0; i < EVENTS; i++) {
            events.add("event " + i);
        }
        return events;
    }

    private static List<String> dataIn(String body) {
        return DATA.matcher(body).results().map(line -> line.group(1)).toList();
    }

    @OverEachHttp2
    void curl(ClientProtocol protocol) throws Exception {
        // With prior knowledge curl begins its second request when the first one has ended.
        int streams = protocol == ClientProtocol.H2_TLS ? STREAMS_OF_CURL : 1;
        List<String> arguments = List.of(
                protocol == ClientProtocol.H2 ? "--http2-prior-knowledge" : "--http2",
                "--insecure",
                "--silent",
                "--show-error",
                "--no-buffer",
                "--parallel",
                "--parallel-max",
                String.valueOf(streams),
                "--write-out",
                "HTTP/%{http_version} %{http_code}\\n",
                "--output",
                folder.resolve("stream-#1").toString());
        try (SseServer server = start(protocol)) {
            List<String> all = new ArrayList<>(arguments);
            all.add(uri(server) + "?n=[1-" + streams + "]");
            try (ForeignProgram curl = ForeignProgram.start(folder, "curl", all)) {
                publishTo(server, streams, 1);
                assertThat(curl.awaitSuccess().lines())
                        .filteredOn("HTTP/2 200"::equals)
                        .hasSize(streams);
            }
            for (int i = 1; i <= streams; i++) {
                assertThat(dataIn(Files.readString(folder.resolve("stream-" + i))))
                        .isEqualTo(events());
            }
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    /**
     * nghttp prints the DATA frames of all streams as they arrive. With these windows, of 1 and 64 MiB, no frame ends
     * within an event.
     */
    private static List<String> ofNghttp(SseServer server) {
        return List.of(
                "--no-verify-peer",
                "--multiply=" + STREAMS,
                "--window-bits=20",
                "--connection-window-bits=26",
                uri(server));
    }

    @OverEachHttp2
    void nghttp(ClientProtocol protocol) throws Exception {
        try (SseServer server = start(protocol);
                ForeignProgram nghttp = ForeignProgram.start(folder, "nghttp", ofNghttp(server))) {
            publishTo(server, STREAMS, 1);
            List<String> data = dataIn(nghttp.awaitSuccess());
            for (String event : events()) {
                assertThat(data).filteredOn(event::equals).as(event).hasSize(STREAMS);
            }
            TestServers.awaitNothingOwned(server.hub());
        }
    }

    /** h2load counts bytes: as many for each stream as another client reads. */
    @OverEachHttp2
    void h2load(ClientProtocol protocol) throws Exception {
        List<String> arguments = List.of(
                "--clients=1", "--requests=" + STREAMS_OF_H2LOAD, "--max-concurrent-streams=" + STREAMS_OF_H2LOAD);
        try (SseServer server = start(protocol);
                StreamClient other = protocol.open(server, "/events/a")) {
            List<String> all = new ArrayList<>(arguments);
            all.add(uri(server));
            try (ForeignProgram h2load = ForeignProgram.start(folder, "h2load", all)) {
                publishTo(server, STREAMS_OF_H2LOAD + 1, 2);
                String report = h2load.awaitSuccess();
                assertThat(report)
                        .contains(
                                STREAMS_OF_H2LOAD + " succeeded, 0 failed, 0 errored, 0 timeout",
                                STREAMS_OF_H2LOAD + " 2xx")
                        .contains("Application protocol: h2");
                Matcher traffic = TRAFFIC.matcher(report);
                assertThat(traffic.find()).as(report).isTrue();
                assertThat(other.awaitEnd(RawClient.PATIENCE)).isTrue();
                assertThat(other.stream().data()).containsAll(events());
                assertThat(Integer.parseInt(traffic.group(1)))
                        .isEqualTo(STREAMS_OF_H2LOAD * other.stream().body().length());
            }
            other.close();
            TestServers.awaitNothingOwned(server.hub());
        }
    }
}
