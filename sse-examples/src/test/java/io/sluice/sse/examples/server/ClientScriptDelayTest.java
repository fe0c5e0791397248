package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import io.sluice.sse.netty.HttpStatusException;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.SseStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.chrome.ChromeDriver;

/** Neither a server nor a publisher can make the browser script wait for a day. */
class ClientScriptDelayTest {

    @Test
    void theScriptNeverWaitsLongerThanItsMaximum(@TempDir Path profile) throws Exception {
        AtomicInteger opened = new AtomicInteger();
        AtomicInteger rejected = new AtomicInteger();
        var builder = SseServer.builder().port(0).drain(Duration.ofMillis(100));
        new Page(false).addTo(builder);
        builder.streams(
                "/retry",
                request -> SseStream.of(sink -> {
                    opened.incrementAndGet();
                    sink.send(
                            Event.builder().data("x").retry(Duration.ofDays(1)).build());
                    sink.close(io.sluice.sse.CloseReason.SOURCE_COMPLETED);
                }));
        builder.streams("/rejected", request -> {
            rejected.incrementAndGet();
            throw HttpStatusException.retryable(503, "not now", Duration.ofHours(1));
        });
        try (SseServer server = builder.start()) {
            ChromeDriver browser = Browser.open(profile);
            try {
                browser.get(server.uri() + "/");
                browser.executeAsyncScript("const [done] = arguments; window.delays = [];"
                        + "import('/sluice-client.js').then(({ SluiceStream }) => {"
                        + "  for (const path of ['/retry', '/rejected'])"
                        + "    new SluiceStream(path, { retry: 10, longest: 100, onState: ({ state, delay }) => {"
                        + "      if (state === 'waiting') window.delays.push(delay);"
                        + "    } });"
                        + "  done();"
                        + "});");
                Browser.await().until(() -> opened.get() > 3 && rejected.get() > 3);
                assertThat((List<?>) browser.executeScript("return window.delays"))
                        .hasSizeGreaterThan(5)
                        .allSatisfy(delay ->
                                assertThat(((Number) delay).doubleValue()).isBetween(1.0, 100.0));
            } finally {
                browser.quit();
            }
        }
    }
}
