package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.TransportAccess;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.SseStream;
import io.sluice.sse.netty.StreamRoute;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.WindowType;
import org.openqa.selenium.chrome.ChromeDriver;

/** Tests in Chromium that tabs share one stream of the browser script, and that a stream may begin with a POST. */
class ClientScriptTabsTest {

    private static ChromeDriver browser;
    private static ScriptPage page;

    private final AtomicInteger attempts = new AtomicInteger();
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
        hub = Hub.create();
        var builder = SseServer.builder()
                .hub(hub)
                .port(0)
                .retry(Duration.ofMillis(50))
                .drain(Duration.ofMillis(100));
        new Page(false).addTo(builder);
        server = builder.streams("/events/**", StreamRoute.topics())
                .streams(
                        "/answers",
                        request -> {
                            attempts.incrementAndGet();
                            return SseStream.of(request.selector(request.bodyText()), StreamRoute.startOf(request));
                        },
                        "POST")
                .start();
        browser.get(server.uri() + "/");
    }

    @AfterEach
    void stop() {
        List<String> tabs = new ArrayList<>(browser.getWindowHandles());
        for (String tab : tabs.subList(1, tabs.size())) {
            browser.switchTo().window(tab).close();
        }
        browser.switchTo().window(tabs.get(0)).get("about:blank");
        server.close();
        hub.close();
    }

    // ---- tabs

    /** Opens the shared stream in a new tab. @return the tab */
    private String openTab() {
        browser.switchTo().newWindow(WindowType.TAB);
        browser.get(server.uri() + "/");
        page.open("/events/x", "{ shared: true }");
        return browser.getWindowHandle();
    }

    private static void awaitOpen(String tab) {
        browser.switchTo().window(tab);
        Browser.await().until(() -> page.ask("stream.state"), "open"::equals);
    }

    @Test
    void tabsShareOneConnectionAndTheNextOneContinues() throws Exception {
        List<String> tabs = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            tabs.add(openTab());
            awaitOpen(tabs.get(i));
        }
        assertThat(hub.subscribers("x")).isEqualTo(1);
        List<String> expected = new ArrayList<>();
        for (int round = 0; !tabs.isEmpty(); round++) {
            expected.add(publish("live " + round));
            assertReceived(tabs, expected);
            browser.switchTo().window(tabs.remove(0)).close(); // it has the connection
            expected.add(publish("between " + round));
            assertReceived(tabs, expected);
        }
        Browser.await().until(() -> hub.subscribers("x") == 0);
    }

    private static void assertReceived(List<String> tabs, List<String> expected) {
        for (String tab : tabs) {
            browser.switchTo().window(tab);
            Browser.await().untilAsserted(() -> assertThat(page.received()).isEqualTo(expected));
        }
        browser.switchTo().window(browser.getWindowHandles().iterator().next());
    }

    @Test
    void aTabThatLeavesKeepsTheOthersAndTheEndIsForAll() throws Exception {
        List<String> tabs = List.of(openTab(), openTab(), openTab());
        tabs.forEach(ClientScriptTabsTest::awaitOpen);
        browser.switchTo().window(tabs.get(1));
        browser.executeScript("window.stream.close()");
        Browser.await().until(() -> page.ask("stream.state"), "closed"::equals);
        List<String> expected = List.of(publish("for two"));
        assertReceived(List.of(tabs.get(0), tabs.get(2)), expected);
        browser.switchTo().window(tabs.get(1));
        assertThat(page.received()).isEmpty();

        hub.end("x", Event.of("the last")).toCompletableFuture().join();
        for (String tab : List.of(tabs.get(0), tabs.get(2))) {
            browser.switchTo().window(tab);
            Browser.await()
                    .untilAsserted(() -> assertThat(page.ask("stream.state"))
                            .as("got " + page.received())
                            .isEqualTo("closed"));
            assertThat(page.received()).hasSize(3).element(1).asString().endsWith(" the last");
        }
        Browser.await().until(() -> hub.subscribers("x") == 0);
    }

    @Test
    void aSharedStreamHasNoStartOfItsOwn() {
        Object error = browser.executeAsyncScript("const [done] = arguments;"
                + "import('/sluice-client.js').then(({ SluiceStream }) => new SluiceStream('/events/x',"
                + " { shared: true, lastEventId: '7' })).then(done, error => done(String(error)));");
        assertThat(String.valueOf(error)).contains("TypeError", "lastEventId");
    }

    // ---- method, body, abort

    @Test
    void aStreamMayBeginWithAPostAndContinues() throws Exception {
        page.open("/answers", "{ body: () => 'x', headers: { 'Content-Type': 'text/plain' } }");
        List<String> expected = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            Browser.await().until(() -> hub.subscribers("x") == 1);
            expected.add(publish("seen " + round));
            Browser.await().untilAsserted(() -> assertThat(page.received()).isEqualTo(expected));
            TransportAccess.of(hub)
                    .all()
                    .forEach(lane -> lane.forEachSink(sink -> sink.close(CloseReason.CLOSED_BY_APPLICATION)));
            expected.add(publish("missed " + round));
        }
        Browser.await().untilAsserted(() -> assertThat(page.received()).isEqualTo(expected));
        assertThat(attempts.get()).isGreaterThanOrEqualTo(3);
    }

    @Test
    void anAbortClosesTheStream() throws Exception {
        browser.executeScript("window.abort = new AbortController()");
        page.open("/answers", "{ method: 'POST', body: 'x', signal: window.abort.signal }");
        Browser.await().until(() -> hub.subscribers("x") == 1);
        browser.executeScript("window.abort.abort()");
        Browser.await().until(() -> page.ask("stream.state"), "closed"::equals);
        Browser.await().until(() -> hub.subscribers("x") == 0);
        assertThat(attempts).hasValue(1);
    }

    private String publish(String data) throws Exception {
        return hub.publish("x", Event.of(data)).toCompletableFuture().get().id() + " " + data;
    }
}
