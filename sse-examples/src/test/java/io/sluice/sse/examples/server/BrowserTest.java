package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.chrome.ChromeDriver;

/** The page and its EventSource in Chromium. */
class BrowserTest {

    private static ChromeDriver browser;

    private TestServer server;

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
    void start() throws Exception {
        server = TestServer.start("--retry", "300ms");
        browser.get(server.uri("/").toString());
    }

    @AfterEach
    void stop() {
        browser.get("about:blank");
        server.close();
    }

    @Test
    void thePageConnectsAndShowsWhatItsFormPublishes() {
        Browser.await().until(() -> browser.findElement(By.id("state")).getDomAttribute("data-state"), "open"::equals);
        browser.findElement(By.id("text")).clear();
        browser.findElement(By.id("text")).sendKeys("<b>as text</b>");
        browser.findElement(By.id("send")).click();
        Browser.await().untilAsserted(() -> {
            assertThat(browser.findElements(By.cssSelector("#list .data")))
                    .extracting(element -> element.getText())
                    .containsExactly("<b>as text</b>");
            assertThat(browser.findElement(By.id("answer")).getText()).contains("Published to 1 subscriber");
            assertThat(browser.findElement(By.id("server-sinks")).getText()).isEqualTo("1");
        });
        assertThat(browser.manage().logs().get("browser").getAll())
                .as("error messages of the browser")
                .isEmpty();
    }

    /** Without sources of a demo, a chat message alone opens the stream of the demo. */
    @Test
    void aChatMessageReachesTheRoomAsText() {
        assertThat(browser.findElement(By.id("job-state")).getText()).contains("--demo");
        browser.findElement(By.id("chat-name")).clear();
        browser.findElement(By.id("chat-name")).sendKeys("ann");
        browser.findElement(By.id("chat-text")).sendKeys("<i>hello</i>", Keys.ENTER);
        Browser.await()
                .untilAsserted(() -> assertThat(browser.findElements(By.cssSelector("#chat-list li")))
                        .extracting(element -> element.getText())
                        .containsExactly("ann <i>hello</i>"));
    }

    @Test
    void theSourcesOfTheDemoFillThePage() throws Exception {
        try (TestServer demo = TestServer.start("--demo")) {
            browser.get(demo.uri("/").toString());
            Browser.await().untilAsserted(() -> {
                assertThat(browser.findElement(By.id("job-state")).getText()).startsWith("Step ");
                assertThat(browser.findElement(By.id("token-question")).getText())
                        .isEqualTo("How does Sluice work?");
                assertThat(browser.findElement(By.id("token-text")).getText()).startsWith("A topic");
            });
            browser.get("about:blank");
        }
    }

    @Test
    void anEventSourceGetsEventsWithTheirIds() throws Exception {
        openEventSource("x");
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            expected.add(server.publish("x", "n" + i) + " n" + i);
        }
        Browser.await().untilAsserted(() -> assertThat(received()).isEqualTo(expected));
    }

    @Test
    void anEventSourceLosesNothingWhenItsConnectionIsClosed() throws Exception {
        openEventSource("x");
        List<String> expected = new ArrayList<>();
        for (int round = 0; round < 3; round++) {
            expected.add(server.publish("x", "seen " + round) + " seen " + round);
            Browser.await().untilAsserted(() -> assertThat(received()).isEqualTo(expected));

            assertThat(server.send("DELETE", "/admin/connections/" + connectionTo("x"), new byte[0])
                            .statusCode())
                    .isEqualTo(204);
            expected.add(server.publish("x", "missed " + round) + " missed " + round);
            Browser.await().untilAsserted(() -> assertThat(received()).isEqualTo(expected));
        }
    }

    @Test
    void aCompletedEventSourceDoesNotReconnect() throws Exception {
        openEventSource("x");
        server.send("DELETE", "/admin/connections/" + connectionTo("x") + "?forever=true", new byte[0]);
        Browser.await()
                .until(() -> browser.executeScript("return window.source.readyState"), state -> state.equals(2L));
        assertThat(server.hub().subscribers("x")).isZero();
    }

    @Test
    void aPageOfAnAllowedOriginCanUseTheServer() throws Exception {
        String page = server.uri("/").toString().replaceAll("/$", "");
        browser.get(page + "/health/live"); // the server's own page is not allowed to use other origins
        try (TestServer named = TestServer.start("--cors-origin", page);
                TestServer other = TestServer.start("--cors-origin", "https://app.example")) {
            Object result = browser.executeAsyncScript(
                    CROSS_ORIGIN, named.uri("/").toString(), other.uri("/").toString());
            browser.manage().logs().get("browser"); // discards the expected errors about the second server
            assertThat(result).isEqualTo("open, hello, 200, 400, other page: error, other publish: TypeError");
        }
    }

    /** Uses the first server with credentials and custom headers, and fails to use the second. */
    private static final String CROSS_ORIGIN = """
            const [named, other, done] = arguments;
            const log = [];
            setTimeout(() => done(log.join(', ') + ', and no more'), 20000);
            const source = new EventSource(named + 'events/x', {withCredentials: true});
            source.onmessage = async event => {
                log.push(event.data);
                const headers = {'Last-Event-ID': event.lastEventId, 'Authorization': 'Bearer x'};
                const again = await fetch(named + 'events/x', {headers, credentials: 'include'});
                log.push(again.status);
                again.body.cancel();
                log.push((await fetch(named + 'events/a//b', {headers})).status);
                source.close();
                const foreign = new EventSource(other + 'events/x');
                foreign.onerror = async () => {
                    foreign.close();
                    log.push('other page: error');
                    await fetch(other + 'publish/x', {method: 'POST', body: 'x'})
                        .catch(error => log.push('other publish: ' + error.name));
                    done(log.join(', '));
                };
            };
            source.onopen = async () => {
                log.push('open');
                await fetch(named + 'publish/x', {method: 'POST', body: 'hello', credentials: 'include'});
            };
            """;

    private void openEventSource(String topic) {
        browser.executeScript("window.got = []; window.source = new EventSource('/events/" + topic + "');"
                + "const keep = event => window.got.push(event.lastEventId + ' ' + event.data);"
                + "window.source.onmessage = keep; window.source.addEventListener('gap', keep);");
        Browser.await().until(() -> server.hub().subscribers(topic) == 1);
    }

    private static List<String> received() {
        Object got = browser.executeScript("return window.got");
        return ((List<?>) java.util.Objects.requireNonNull(got))
                .stream().map(String::valueOf).toList();
    }

    private String connectionTo(String topic) throws Exception {
        for (JsonNode connection : server.json("/admin/connections")) {
            if (connection.get("topics").get(0).textValue().equals(topic)) {
                return connection.get("id").textValue();
            }
        }
        throw new AssertionError("no connection to " + topic);
    }
}
