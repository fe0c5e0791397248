package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.netty.SseServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.WindowType;
import org.openqa.selenium.chrome.ChromeDriver;

/**
 * The scenarios of the web-platform-tests' {@code eventsource} folder that depend on the server, in Chromium, from the
 * same origin and from another one. {@link PlatformServer} has the server's part. All of them run over HTTP/1.1 and
 * over HTTP/2 with TLS.
 */
@ParameterizedClass(name = "{0}")
@ValueSource(strings = {"HTTP/1.1", "HTTP/2"})
class WebPlatformTest {

    /** So many streams of one origin a browser opens at once over HTTP/1.1. */
    private static final int STREAMS_OVER_HTTP_1 = 6;

    private static final int STREAMS_PER_TAB = 10;
    private static final int EVENTS = 50;

    private static final String OPEN_MANY = """
            window.sources = [];
            window.got = [];
            for (let i = 0; i < arguments[1]; i++) {
                window.got.push([]);
                const source = new EventSource(arguments[0]);
                source.onmessage = event => window.got[i].push(event.data);
                window.sources.push(source);
            }
            """;

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
    private static SseServer server;
    /** Has the page of another origin. */
    private static SseServer other;

    /** The protocols of the requests that the servers have had. */
    private static final Set<String> PROTOCOLS = ConcurrentHashMap.newKeySet();

    @Parameter
    private String protocol;

    @BeforeAll
    static void openBrowser(@TempDir Path profile) {
        browser = Browser.open(profile, "--ignore-certificate-errors");
    }

    @AfterAll
    static void closeBrowser() {
        if (browser != null) {
            browser.quit();
        }
    }

    @BeforeParameterizedClassInvocation
    static void start(String protocol) throws IOException {
        boolean isHttp2 = protocol.equals("HTTP/2");
        other = PlatformServer.start(isHttp2, PROTOCOLS::add);
        server = PlatformServer.start(isHttp2, PROTOCOLS::add, other.uri(), ofOtherSite(other));
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        server.close();
        other.close();
        assertThat(server.hub().ledger().isZero())
                .as(server.hub().ledger().toString())
                .isTrue();
    }

    @BeforeEach
    void openPage() {
        PROTOCOLS.clear();
        browser.get(server.uri() + "/");
        browser.manage().deleteAllCookies(); // those of this host
    }

    @AfterEach
    void leavePage() {
        assertThat(PROTOCOLS).containsExactly(protocol);
        browser.get("about:blank");
        browser.manage().logs().get("browser"); // rejected requests are expected errors
        awaitStreams(0);
    }

    private static void awaitStreams(long count) {
        Browser.await()
                .untilAsserted(() -> assertThat(server.hub().ledger().count(Ledger.Kind.SINKS))
                        .isEqualTo(count));
    }

    private Object listen(String path, int entries) {
        return listen(path, false, entries);
    }

    private Object listen(String path, boolean credentials, int entries) {
        return browser.executeAsyncScript(LISTEN, server.uri() + path, credentials, entries);
    }

    /** The same server by another name, whose pages are of another site. */
    private static String ofOtherSite(SseServer named) {
        return named.uri().replace("127.0.0.1", "localhost");
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
        awaitStreams(0);
    }

    /**
     * eventsource-bfcache.window.js. A browser may keep a page that was left, with its stream, to show it again soon.
     * Chromium keeps the stream for a minute. Then the page has what was published meanwhile; otherwise it is a new
     * page. In both cases it has one stream in the end.
     */
    @Test
    void aPageThatComesBackHasAStream() {
        browser.get(server.uri() + "/listening");
        awaitStreams(1);
        server.hub().publish("ticks", Event.of("before"));
        awaitGot("before");
        browser.get(server.uri() + "/");
        server.hub().publish("ticks", Event.of("meanwhile"));
        browser.navigate().back();
        assertThat(browser.getTitle()).isEqualTo("listening");
        awaitStreams(1);
        server.hub().publish("ticks", Event.of("after"));
        awaitGot("after");
        assertThat((List<?>) browser.executeScript("return got"))
                .isIn(List.of("before", "meanwhile", "after"), List.of("after"));
        browser.executeScript("source.close()");
    }

    private static void awaitGot(String data) {
        Browser.await().until(() -> (Boolean) browser.executeScript("return got.includes(arguments[0])", data));
    }

    /** Over HTTP/1.1 further streams wait. Over HTTP/2 one connection has the streams of all tabs. */
    @Test
    void twoTabsOpenTwentyStreams() {
        List<String> tabs = new ArrayList<>(List.of(browser.getWindowHandle()));
        browser.switchTo().newWindow(WindowType.TAB);
        browser.get(server.uri() + "/"); // before the streams, which may take all connections
        tabs.add(0, browser.getWindowHandle());
        boolean isHttp2 = protocol.equals("HTTP/2");
        int streams = isHttp2 ? tabs.size() * STREAMS_PER_TAB : STREAMS_OVER_HTTP_1;
        for (String tab : tabs) {
            browser.switchTo().window(tab);
            browser.executeScript(OPEN_MANY, server.uri() + "/topics/ticks", STREAMS_PER_TAB);
        }
        awaitStreams(streams);
        List<String> events = new ArrayList<>();
        for (int i = 0; i < EVENTS; i++) {
            events.add("event " + i);
            server.hub().publish("ticks", Event.of("event " + i));
        }

        int complete = 0;
        for (String tab : tabs) {
            browser.switchTo().window(tab);
            Browser.await().until(() -> (Boolean) browser.executeScript(
                    "return window.got.every(data => data.length === 0 || data.length === arguments[0])", EVENTS));
            for (Object got : (List<?>) browser.executeScript("return window.got")) {
                complete += got.equals(events) ? 1 : 0;
            }
        }
        assertThat(complete).as("the streams with all events").isEqualTo(streams);
        assertThat(server.hub().ledger().count(Ledger.Kind.SINKS)).isEqualTo(streams);
        // Those with streams: a browser may have others, for requests without credentials.
        assertThat(server.hub().sinks(null, streams).toCompletableFuture().join().stream()
                        .map(info -> info.sink().remoteAddress())
                        .distinct())
                .as("connections")
                .hasSize(isHttp2 ? 1 : streams);

        closeSources(tabs);
        awaitStreams(0);
        Browser.await()
                .untilAsserted(() -> assertThat(server.hub().ledger().count(Ledger.Kind.SUBSCRIPTIONS))
                        .isZero());
    }

    /** Closes the streams of all tabs, and all tabs but the last. */
    private static void closeSources(List<String> tabs) {
        for (String tab : tabs) {
            browser.switchTo().window(tab);
            browser.executeScript("window.sources.forEach(source => source.close())");
            if (!tab.equals(tabs.get(tabs.size() - 1))) {
                browser.close();
            }
        }
    }

    /** format-field-id.any.js and format-field-id-2.any.js */
    @Test
    void anIdComesBackUnchanged() {
        assertThat(listen("/last-event-id?id=%E2%80%A6%C3%A9", 6))
                .isEqualTo("open, hello […é], the id stays […é], error 0, open, returned …é […é]");
    }

    /** format-field-id-3.window.js; an empty id, which resets the last one, no event of this library can have. */
    @Test
    void anIdStaysUntilAnotherOneComes() {
        assertThat(listen("/last-event-id2", 4)).isEqualTo("open, hello [1], none [1], hello [2]");
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

    /**
     * eventsource-cross-origin-preflight.window.js: a browser should send such an id only after a preflight. Chromium
     * sends none for it yet.
     */
    @Test
    void anUnusualIdComesBackFromAnotherOrigin() {
        goToOtherOrigin();
        assertThat(listen("/last-event-id?id=%7Ba%7D", 6))
                .isEqualTo("open, hello [{a}], the id stays [{a}], error 0, open, returned {a} [{a}]");
        String id = "x".repeat(120);
        assertThat(listen("/last-event-id?id=" + id, 6))
                .isEqualTo(
                        "open, hello [%1$s], the id stays [%1$s], error 0, open, returned %1$s [%1$s]".formatted(id));
    }

    /** request-redirect.any.window.js */
    @Test
    void aClientFollowsRedirects() {
        for (int code : new int[] {301, 302, 303, 307}) {
            assertThat(listen("/redirect?location=/message&status=" + code, 2))
                    .as("status %d", code)
                    .isEqualTo("open, n0 []");
        }
    }

    /** eventsource-cross-origin-redirect-origin.any.js: what counts is the server that has the stream. */
    @Test
    void aClientFollowsRedirectsToAnotherOriginThatAllowsIt() {
        String away = "/redirect?status=302&location=";
        goToOtherOrigin();
        assertThat(browser.executeAsyncScript(LISTEN, other.uri() + away + server.uri() + "/message", false, 2))
                .isEqualTo("open, n0 []");
        browser.get(server.uri() + "/");
        assertThat(listen(away + other.uri() + "/message", 1)).isEqualTo("error 2");
    }

    /** eventsource-cross-origin.window.js and request-credentials.any.window.js, from another site */
    @Test
    void aPageOfAnotherSiteGetsOnlyCookiesThatAreForSuchPages() {
        browser.get(ofOtherSite(other) + "/");
        assertThat(listen("/message", 2)).isEqualTo("open, n0 []");
        String cookie = "/cookie?set=ann";
        assertThat(listen(cookie, true, 2)).isEqualTo("open, nobody []");
        assertThat(listen(cookie, true, 2))
                .as("the cookie is for the same site")
                .isEqualTo("open, nobody []");
        String forAll = cookie + "&more=;%20SameSite=None;%20Secure;%20Partitioned";
        assertThat(listen(forAll, true, 2)).isEqualTo("open, nobody []");
        assertThat(listen(forAll, true, 2)).isEqualTo("open, ann []");
        assertThat(listen(forAll, false, 2)).as("without credentials").isEqualTo("open, nobody []");
    }

    @Test
    void aPageOfAnotherSiteThatIsNotAllowedGetsNothing() {
        long before = other.hub().stats().opened();
        browser.get(ofOtherSite(server) + "/");
        for (boolean credentials : new boolean[] {false, true}) {
            assertThat(browser.executeAsyncScript(LISTEN, other.uri() + "/message", credentials, 1))
                    .isEqualTo("error 2");
        }
        assertThat(other.hub().stats().opened())
                .as("the origin is checked first")
                .isEqualTo(before);
    }

    /** With these headers a page sends a request only after a preflight, which a server without the option rejects. */
    @Test
    void aPreflightAllowsTheHeadersOfAPage() {
        String script = """
                const [url, done] = arguments;
                const headers = {'last-event-id': '{a}', authorization: 'Bearer ann'};
                const abort = new AbortController();
                fetch(url, {headers, signal: abort.signal}).then(async response => {
                    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
                    let text = '';
                    while (!text.includes('data: ')) {
                        text += (await reader.read()).value;
                    }
                    abort.abort();
                    done(text.match(/data: (.*)/)[1]);
                }).catch(error => done(error.name));
                """;
        browser.get(other.uri() + "/");
        assertThat(browser.executeAsyncScript(script, server.uri() + "/for-all/last-event-id"))
                .isEqualTo("returned {a}");
        browser.get(server.uri() + "/");
        assertThat(browser.executeAsyncScript(script, other.uri() + "/for-all/last-event-id"))
                .isEqualTo("TypeError");
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
