package io.sluice.sse.examples.recipes;

import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.HttpRoute;
import io.sluice.sse.netty.RouteResponse;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.SseServerBuilder;
import io.sluice.sse.netty.StreamRoute;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.openqa.selenium.chrome.ChromeDriver;

/** A client in a frame of the browser. A browser opens six connections to a server only, so each has its own server. */
final class BrowserClient extends ClientUnderTest {

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

    private final ClientLibrary library;
    private final ChromeDriver browser;
    private final int frame;
    private final Path nodeModules;
    private int loads;

    BrowserClient(ClientLibrary library, ChromeDriver browser, int frame, Path nodeModules) {
        super(library.title(), Hub.create());
        this.library = library;
        this.browser = browser;
        this.frame = frame;
        this.nodeModules = nodeModules;
    }

    @Override
    SseServerBuilder routes() throws IOException {
        StreamRoute topics = StreamRoute.topics();
        SseServerBuilder builder = SseServer.builder()
                .streams("/events/**", library.cut() ? topics.with((request, stream) -> stream.cutToResume()) : topics)
                .route("GET", "/", fixed("text/html", page()))
                .route("GET", "/elsewhere", fixed("text/html", "<p>elsewhere</p>"))
                .route("GET", "/sluice-client.js", HttpRoute.clientScript());
        for (Map.Entry<String, String> script : ClientLibrary.SCRIPTS.entrySet()) {
            String text = Files.readString(nodeModules.resolve(script.getValue()));
            builder.route("GET", script.getKey(), fixed("text/javascript", text));
        }
        return builder;
    }

    private String page() {
        return HEAD.replace("{over}", library.over()).replace("{cancel}", library.cancel())
                + library.page().replace("{url}", "/events/" + TOPIC);
    }

    private static HttpRoute fixed(String contentType, String text) {
        RouteResponse response = RouteResponse.of(200, contentType + "; charset=utf-8", text);
        return request -> response.completed();
    }

    /** Loads a page with frames. It is of this server, since Chromium asks before another page loads local frames. */
    void loadParent(int frames) {
        browser.get(uri() + "/elsewhere");
        browser.executeScript(PARENT, frames);
    }

    @Override
    void load() {
        loads++;
        browser.executeScript(
                "delete reports[arguments[0]]; frame(arguments[0]).src = arguments[1];",
                frame,
                uri() + "/?load=" + loads);
    }

    @Override
    void cancel() {
        browser.executeScript("frame(arguments[0]).contentWindow.postMessage('cancel', '*')", frame);
    }

    @Override
    void publish(String text) {
        hub.publish(TOPIC, library.event(text));
    }

    @Override
    void endTopic(String text) {
        hub.end(TOPIC, library.event(text));
    }

    @Override
    boolean isStreaming() {
        return hub.subscribers(TOPIC) == 1;
    }

    @Override
    List<String> shown() {
        return report().get("shown") instanceof List<?> texts
                ? texts.stream().map(String::valueOf).toList()
                : List.of();
    }

    @Override
    boolean isOver() {
        return Boolean.TRUE.equals(report().get("over"));
    }

    private Map<?, ?> report() {
        return (Map<?, ?>) Objects.requireNonNull(browser.executeScript("return reports[arguments[0]] ?? {}", frame));
    }
}
