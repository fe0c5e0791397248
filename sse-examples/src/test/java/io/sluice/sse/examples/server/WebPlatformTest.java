package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Ledger;
import io.sluice.sse.netty.SseServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.WindowType;
import org.openqa.selenium.chrome.ChromeDriver;

/**
 * The scenarios of the web-platform-tests' {@code eventsource} folder that depend on the server, in Chromium, from the
 * same origin and from another one. {@link PlatformServer} has the server's part.
 */
class WebPlatformTest {

    /** Collects what one EventSource does: the data of its messages, {@code open} and its state at each error. */
    private static final String LISTEN = """
            const [url, credentials, wanted, done] = arguments;
            const log = [];
            setTimeout(() => done(log.join(', ') + ', and no more'), 20000);
            const source = new EventSource(url, {withCredentials: credentials});
            const add = entry => {
                log.push(entry);
                if (log.length == wanted) {
                    source.close();
                    done(log.join(', '));
                }
            };
            source.onopen = () => add('open');
            source.onmessage = event => add(event.data + ' [' + event.lastEventId + ']');
            source.onerror = () => add('error ' + source.readyState);
            """;

    private static ChromeDriver browser;

    private SseServer server;
    /** Has the page of another origin. */
    private SseServer other;

    @BeforeAll
    static void openBrowser(@TempDir Path profile) {
        browser = Browser.open(profile);
    }

    @AfterAll
    static void closeBrowser() {
        if (browser != null) {
            browser.quit();
        }
    }

    @BeforeEach
    void start() throws IOException {
        other = PlatformServer.start();
        server = PlatformServer.start(other.uri());
        browser.get(server.uri() + "/");
        browser.manage().deleteAllCookies(); // those of this host
    }

    @AfterEach
    void stop() {
        browser.get("about:blank");
        browser.manage().logs().get("browser"); // rejected requests are expected errors
        server.close();
        other.close();
        assertThat(server.hub().ledger().isZero())
                .as(server.hub().ledger().toString())
                .isTrue();
    }

    private Object listen(String path, int entries) {
        return listen(path, false, entries);
    }

    private Object listen(String path, boolean credentials, int entries) {
        return browser.executeAsyncScript(LISTEN, server.uri() + path, credentials, entries);
    }

    private void goToOtherOrigin() {
        browser.get(other.uri() + "/");
    }

    /** event-data.any.js */
    @Test
    void anEndlessStreamArrivesAsItIsSent() {
        assertThat(listen("/message", 4)).isEqualTo("open, n0 [], n1 [], n2 []");
    }

    /** eventsource-close.window.js */
    @Test
    void aClientReconnectsUntilTheServerResponds204() {
        assertThat(listen("/reconnect-fail", 7))
                .isEqualTo("open, opened [], error 0, open, reconnected [], error 0, error 2");
    }

    /** eventsource-reconnect.window.js */
    @Test
    void aClientReconnectsAfterTheEndOfAStream() {
        assertThat(listen("/status-reconnect", 5)).isEqualTo("open, first [], error 0, open, second []");
    }

    /** eventsource-bfcache.window.js and eventsource-request-cancellation.any.window.js */
    @Test
    void aStreamEndsWhenItsPageIsClosed() {
        String open = "const done = arguments[1]; const source = new EventSource(arguments[0]);"
                + "source.onopen = async () => done(await (await fetch('/open')).text());";
        String window = browser.getWindowHandle();
        browser.switchTo().newWindow(WindowType.TAB);
        browser.get(server.uri() + "/");
        assertThat(browser.executeAsyncScript(open, server.uri() + "/message")).isEqualTo("1");
        browser.close();
        browser.switchTo().window(window);
        Browser.await()
                .untilAsserted(() -> assertThat(server.hub().ledger().count(Ledger.Kind.SINKS))
                        .isZero());
    }

    /** format-field-id.any.js and format-field-id-2.any.js */
    @Test
    void anIdComesBackUnchanged() {
        assertThat(listen("/last-event-id?id=%E2%80%A6%C3%A9", 6))
                .isEqualTo("open, hello […é], the id stays […é], error 0, open, returned …é […é]");
    }

    /** request-accept.any.js and request-cache-control.any.js */
    @Test
    void aBrowserAsksForAnEventStream() {
        assertThat(listen("/headers", 2)).isEqualTo("open, text/event-stream no-cache []");
    }

    /** request-status-error.window.js; 503 too, since a route has rejected the request and not a limit. */
    @Test
    void anyOtherStatusStopsAClient() {
        for (int code : new int[] {204, 205, 210, 299, 404, 410, 503}) {
            assertThat(listen("/status?code=" + code, 1)).as("status %d", code).isEqualTo("error 2");
        }
    }

    /** request-credentials.any.window.js, from the same origin */
    @Test
    void cookiesAreSentToTheSameOrigin() {
        assertThat(listen("/cookie?set=ann", 2)).isEqualTo("open, nobody []");
        assertThat(listen("/cookie?set=ann", 2)).isEqualTo("open, ann []");
    }

    /** eventsource-cross-origin.window.js and request-credentials.any.window.js, from another origin */
    @Test
    void aPageOfAnotherOriginGetsCookiesOnlyWithCredentials() {
        goToOtherOrigin();
        assertThat(listen("/message", 2)).isEqualTo("open, n0 []");
        assertThat(listen("/cookie?set=ann", true, 2)).isEqualTo("open, nobody []");
        assertThat(listen("/cookie?set=ann", true, 2)).isEqualTo("open, ann []");
        assertThat(listen("/cookie?set=ann", false, 2)).isEqualTo("open, nobody []");
        assertThat(listen("/status-reconnect", true, 5)).isEqualTo("open, first [], error 0, open, second []");
        assertThat(listen("/status?code=404", 1)).isEqualTo("error 2");
    }

    /** eventsource-cross-origin-preflight.window.js: an id that a browser does not send without a preflight. */
    @Test
    void anUnusualIdPassesThePreflightFromAnotherOrigin() {
        goToOtherOrigin();
        assertThat(listen("/last-event-id?id=%7Ba%7D", 6))
                .isEqualTo("open, hello [{a}], the id stays [{a}], error 0, open, returned {a} [{a}]");
        String id = "x".repeat(120);
        assertThat(listen("/last-event-id?id=" + id, 6))
                .isEqualTo(
                        "open, hello [%1$s], the id stays [%1$s], error 0, open, returned %1$s [%1$s]".formatted(id));
    }

    /** eventsource-cross-origin.window.js, without permission */
    @Test
    void aPageOfAnOriginThatIsNotAllowedGetsNothing() {
        String origin = server.uri();
        browser.get(origin + "/");
        assertThat(browser.executeAsyncScript(LISTEN, other.uri() + "/message", false, 1))
                .isEqualTo("error 2");
    }

    /** format-field-retry.any.js: the client honours the time of the first block. */
    @Test
    void aClientWaitsForTheRetryTime() {
        String script = """
                const [url, done] = arguments;
                const source = new EventSource(url);
                let ended = 0;
                source.onerror = () => { ended = ended || performance.now(); };
                source.onopen = () => {
                    if (ended) {
                        source.close();
                        done(performance.now() - ended);
                    }
                };
                """;
        double waited = ((Number) browser.executeAsyncScript(script, server.uri() + "/status-reconnect")).doubleValue();
        assertThat(Duration.ofMillis((long) waited)).isGreaterThanOrEqualTo(Duration.ofMillis(150));
    }
}
