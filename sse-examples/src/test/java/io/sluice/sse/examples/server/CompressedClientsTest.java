package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.chrome.ChromeDriver;

/**
 * Decoders of other projects read compressed streams: clients that share a window, from before and after it is full,
 * with an event of their own in between, up to the end of the stream.
 */
class CompressedClientsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int EVENTS = 300;
    private static final int LATE = 100;
    private static final String PADDING = "indicative;source=aggregated;tier=1;".repeat(6);

    private TestServer server;

    @BeforeEach
    void start() throws Exception {
        server = TestServer.start("--compression", "--threads", "1");
    }

    @AfterEach
    void stop() {
        if (server != null) {
            server.close();
        }
    }

    private static String event(int number) {
        return "{\"i\":" + number + ",\"bid\":" + Math.sin(number) + ",\"pad\":\"" + PADDING + "\"}";
    }

    private static List<String> events(int from) {
        List<String> events = new ArrayList<>();
        for (int i = from; i < EVENTS; i++) {
            events.add(event(i));
        }
        return events;
    }

    /** What a decoder has read, as the data of its events. */
    private static List<String> data(String decoded) {
        return Pattern.compile("^data: (.*)$", Pattern.MULTILINE)
                .matcher(decoded)
                .results()
                .map(line -> line.group(1))
                .filter(line -> line.startsWith("{\"i\""))
                .toList();
    }

    /** Publishes to a client from the start and to one that comes late, and ends their streams in order. */
    private void publishToAll(Runnable startLate) throws Exception {
        await().atMost(PATIENCE).until(() -> server.hub().subscribers("x") == 1);
        for (int i = 0; i < EVENTS; i++) {
            if (i == LATE) {
                startLate.run();
                await().atMost(PATIENCE).until(() -> server.hub().subscribers("x") == 2);
            }
            server.publish("x", event(i));
            if (i == EVENTS / 2) {
                sendToOne();
            }
        }
        server.hub()
                .sinks(null, 10)
                .toCompletableFuture()
                .join()
                .forEach(info -> info.sink().complete());
    }

    private void sendToOne() {
        assertThat(server.hub()
                        .sinks(null, 10)
                        .toCompletableFuture()
                        .join()
                        .get(0)
                        .sink())
                .satisfies(sink -> assertThat(sink.offer(io.sluice.sse.Event.of("for one client")))
                        .isTrue());
    }

    private CompletableFuture<String> read(String... command) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        Process process = new ProcessBuilder(command).start();
                        String errors;
                        byte[] output;
                        try (InputStream out = process.getInputStream();
                                InputStream err = process.getErrorStream()) {
                            output = out.readAllBytes();
                            errors = new String(err.readAllBytes(), StandardCharsets.UTF_8);
                        }
                        assertThat(process.waitFor()).as(errors).isZero();
                        return new String(output, StandardCharsets.UTF_8);
                    } catch (IOException | InterruptedException e) {
                        throw new AssertionError(e);
                    }
                },
                task -> new Thread(task, "reader")
                        .start()); // the common pool of a JDK 25 on two processors has one thread
    }

    private void assertDecodes(String... command) throws Exception {
        CompletableFuture<String> early = read(command);
        List<CompletableFuture<String>> late = new ArrayList<>();
        publishToAll(() -> late.add(read(command)));
        assertThat(data(early.get(60, TimeUnit.SECONDS))).isEqualTo(events(0));
        assertThat(data(late.get(0).get(60, TimeUnit.SECONDS))).isEqualTo(events(LATE));
    }

    private static String program(String path) {
        if (!Files.isExecutable(Path.of(path))) {
            String missing = "NOT TESTED: there is no " + path;
            assertThat(System.getenv("SLUICE_FORBID_SKIPS")).as(missing).isNull();
            System.err.println(missing);
            Assumptions.abort(missing);
        }
        return path;
    }

    @Test
    void theJdkDecodesAndFindsTheChecksumRight() throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        HttpRequest request = HttpRequest.newBuilder(server.uri("/events/x"))
                .header("Accept-Encoding", "gzip")
                .build();
        List<CompletableFuture<HttpResponse<InputStream>>> late = new ArrayList<>();
        CompletableFuture<HttpResponse<InputStream>> early =
                client.sendAsync(request, HttpResponse.BodyHandlers.ofInputStream());
        publishToAll(() -> late.add(client.sendAsync(request, HttpResponse.BodyHandlers.ofInputStream())));
        assertThat(decoded(early)).isEqualTo(events(0));
        assertThat(decoded(late.get(0))).isEqualTo(events(LATE));
    }

    private static List<String> decoded(CompletableFuture<HttpResponse<InputStream>> response) throws Exception {
        try (InputStream in =
                new GZIPInputStream(response.get(60, TimeUnit.SECONDS).body())) {
            return data(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    @Test
    void curlDecodes() throws Exception {
        assertDecodes(
                program("/usr/bin/curl"),
                "--compressed",
                "--silent",
                "--show-error",
                "--no-buffer",
                server.uri("/events/x").toString());
    }

    @Test
    void nodeDecodes() throws Exception {
        String script = """
                const http = require('http'), zlib = require('zlib');
                http.get(process.argv[1], {headers: {'accept-encoding': 'gzip'}}, response => {
                    if (response.headers['content-encoding'] !== 'gzip') process.exit(2);
                    const decoder = zlib.createGunzip();
                    decoder.on('error', error => { console.error(error); process.exit(3); });
                    response.pipe(decoder).pipe(process.stdout);
                });
                """;
        assertDecodes(
                program("/usr/bin/node"), "-e", script, server.uri("/events/x").toString());
    }

    @Test
    void chromiumDecodesInEventSourceAndFetch(@TempDir Path profile) throws Exception {
        ChromeDriver browser = Browser.open(profile);
        try {
            browser.get(server.uri("/health/live").toString());
            browser.executeScript("""
                    window.got = [];
                    window.source = new EventSource('/events/x');
                    window.source.onmessage = event => window.got.push(event.data);
                    """);
            publishToAll(() -> browser.executeScript("""
                    fetch('/events/x').then(async response => {
                        window.coding = response.headers.get('content-encoding');
                        window.text = await response.text();
                    }).catch(error => { window.text = String(error); });
                    """));
            await().atMost(PATIENCE)
                    .until(() -> Boolean.TRUE.equals(browser.executeScript(
                            "return window.text !== undefined" + " && window.source.readyState === 2")));
            assertThat((List<?>) browser.executeScript("return window.got.filter(data => data.startsWith('{'))"))
                    .isEqualTo(events(0));
            assertThat(browser.executeScript("return window.coding")).isEqualTo("gzip");
            assertThat(data(String.valueOf(browser.executeScript("return window.text"))))
                    .isEqualTo(events(LATE));
        } finally {
            browser.quit();
        }
    }
}
