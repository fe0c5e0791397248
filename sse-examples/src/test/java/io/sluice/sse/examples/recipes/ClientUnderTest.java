package io.sluice.sse.examples.recipes;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Ledger;
import io.sluice.sse.RejectionCounts;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.HttpRoute;
import io.sluice.sse.netty.RouteResponse;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.SseServerBuilder;
import io.sluice.sse.netty.StreamRoute;
import io.sluice.sse.test.SseTestClient;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.openqa.selenium.chrome.ChromeDriver;

/**
 * One client in a frame of the browser, with a hub and a server of its own. A browser opens six connections to a server
 * only, and no client may depend on another one.
 */
final class ClientUnderTest implements AutoCloseable {

    private static final String TOPIC = "x";
    /** Reports what the page shows to the parent page, and leaves the stream when the parent asks for it. */
    private static final String HEAD = """
            <!doctype html><meta charset="utf-8"><title>client</title>
            <script>
              const show = html => document.getElementById('list').insertAdjacentHTML('beforeend', html);
              const isOver = () => {over};
              setInterval(() => parent.postMessage({
                load: location.search,
                over: isOver() === true,
                shown: [...document.querySelectorAll('#list li')].map(item => item.textContent),
              }, '*'), 20);
              addEventListener('message', ({ data }) => { if (data === 'cancel') {cancel}; });
            </script>
            """;

    /** Keeps the newest report of each frame. A report of a page that is no longer wanted is dropped. */
    private static final String PARENT = """
            window.reports = {};
            window.frame = number => document.getElementById(number);
            addEventListener('message', ({ data, source }) => {
              for (const frame of document.querySelectorAll('iframe')) {
                if (frame.contentWindow === source && frame.src.endsWith(data.load)) reports[frame.id] = data;
              }
            });
            for (let i = 0; i < arguments[0]; i++) {
              const frame = document.createElement('iframe');
              frame.id = i;
              frame.style = 'width: 6rem; height: 4rem'; // a frame that is out of sight has slow timers
              document.body.append(frame);
            }
            """;

    final ClientLibrary library;
    private final ChromeDriver browser;
    private final int frame;
    private final Path nodeModules;
    private final Hub hub = Hub.create();
    private SseServer server;
    private int loads;

    ClientUnderTest(ClientLibrary library, ChromeDriver browser, int frame, Path nodeModules) throws IOException {
        this.library = library;
        this.browser = browser;
        this.frame = frame;
        this.nodeModules = nodeModules;
        this.server = start(0, 1);
    }

    private SseServer start(int port, int maxStreams) throws IOException {
        StreamRoute topics = StreamRoute.topics();
        SseServerBuilder builder = SseServer.builder()
                .hub(hub)
                .port(port)
                .threads(1)
                .maxStreams(maxStreams)
                .retry(Duration.ofMillis(100))
                .drain(Duration.ZERO) // Datastar gives up if it returns during the drain and gets a 503
                .streams("/events/**", library.cut() ? topics.with((request, stream) -> stream.cutToResume()) : topics)
                .route("GET", "/", fixed("text/html", page()))
                .route("GET", "/elsewhere", fixed("text/html", "<p>elsewhere</p>"))
                .route("GET", "/sluice-client.js", fixed("text/javascript", script()));
        for (Map.Entry<String, String> script : ClientLibrary.SCRIPTS.entrySet()) {
            String text = Files.readString(nodeModules.resolve(script.getValue()));
            builder.route("GET", script.getKey(), fixed("text/javascript", text));
        }
        return builder.start();
    }

    private String page() {
        return HEAD.replace("{over}", library.over()).replace("{cancel}", library.cancel())
                + library.page().replace("{url}", "/events/" + TOPIC);
    }

    private static HttpRoute fixed(String contentType, String text) {
        RouteResponse response = RouteResponse.of(200, contentType + "; charset=utf-8", text);
        return request -> response.completed();
    }

    private static String script() throws IOException {
        String name = "/io/sluice/sse/examples/page/sluice-client.js";
        try (InputStream in = ClientUnderTest.class.getResourceAsStream(name)) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    // ---- what happens to the client

    /** Takes the only place of the server. */
    SseTestClient occupy() throws IOException {
        return SseTestClient.open(server.port(), "/events/other");
    }

    /** Loads a page with frames. It is of this server, since Chromium asks before another page loads local frames. */
    void loadParent(int frames) {
        browser.get(server.uri() + "/elsewhere");
        browser.executeScript(PARENT, frames);
    }

    /** Loads the page of the client in its frame. */
    void load() {
        loads++;
        browser.executeScript(
                "delete reports[arguments[0]]; frame(arguments[0]).src = arguments[1];",
                frame,
                server.uri() + "/?load=" + loads);
    }

    void publish(String text) {
        hub.publish(TOPIC, library.event(text));
    }

    void endTopic(String text) {
        hub.end(TOPIC, library.event(text));
    }

    void closeStream() {
        hub.sinks(null, 10)
                .toCompletableFuture()
                .join()
                .forEach(info -> info.sink().close(CloseReason.CLOSED_BY_APPLICATION));
    }

    /** Waits until the stream is closed, even if the client has opened another one since. */
    void awaitClosed() {
        await(() -> hub.stats().closed().containsKey(CloseReason.CLOSED_BY_APPLICATION));
    }

    /** Replaces the server by another one that has room. */
    void restart(int port) throws IOException {
        server = start(port, 100);
    }

    int stopServer() {
        server.close();
        return server.port();
    }

    void cancel() {
        browser.executeScript("frame(arguments[0]).contentWindow.postMessage('cancel', '*')", frame);
    }

    // ---- what the client does

    void awaitRefused() {
        await(() -> hub.rejections().count(RejectionCounts.Kind.STREAMS) > 0);
    }

    void awaitStream() {
        await(() -> hub.subscribers(TOPIC) == 1);
    }

    void awaitNoStream() {
        await(() -> hub.ledger().counts().get(Ledger.Kind.SINKS) == 0);
    }

    void awaitOver() {
        await(this::isOver);
    }

    /** Waits until the client has returned, or does not want to. @return whether it has returned */
    boolean returns() {
        await(() -> hub.subscribers(TOPIC) == 1 || isOver());
        return !isOver();
    }

    /** Waits until the client shows a text, or does not want to return. @return whether it shows the text */
    boolean shows(String text) {
        await(() -> shown().contains(text) || isOver());
        return shown().contains(text);
    }

    List<String> shown() {
        return report().get("shown") instanceof List<?> texts
                ? texts.stream().map(String::valueOf).toList()
                : List.of();
    }

    boolean isOver() {
        return Boolean.TRUE.equals(report().get("over"));
    }

    private Map<?, ?> report() {
        return (Map<?, ?>) Objects.requireNonNull(browser.executeScript("return reports[arguments[0]] ?? {}", frame));
    }

    private void await(Callable<Boolean> condition) {
        Awaitility.await(library.title())
                .atMost(Duration.ofSeconds(40))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(20))
                .until(condition);
    }

    @Override
    public void close() {
        server.close();
        hub.close();
    }
}
