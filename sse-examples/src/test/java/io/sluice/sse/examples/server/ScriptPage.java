package io.sluice.sse.examples.server;

import java.util.List;
import java.util.Objects;
import org.openqa.selenium.chrome.ChromeDriver;

/** A page in the browser that has a stream of the browser script, and keeps what it gets. */
final class ScriptPage {

    private final ChromeDriver browser;

    ScriptPage(ChromeDriver browser) {
        this.browser = browser;
    }

    /** Opens the stream. @param options as a JavaScript object */
    void open(String path, String options) {
        browser.executeAsyncScript("const [done] = arguments; window.got ??= []; window.states = [];"
                + "import('/sluice-client.js').then(({ SluiceStream }) => {"
                + "  window.stream = new SluiceStream('" + path + "', { retry: 50,"
                + "    onState: state => window.states.push({ ...state, at: performance.now() }), ..." + options
                + " });"
                + "  for (const name of ['message', 'gap', 'end'])"
                + "    stream.addEventListener(name, event => window.got.push(event.lastEventId + ' ' + event.data));"
                + "  done();"
                + "});");
    }

    /** The ids and data of the received events. */
    List<String> received() {
        return ((List<?>) ask("got")).stream().map(String::valueOf).toList();
    }

    /** The value of an expression of the page, which must have one. */
    Object ask(String expression) {
        return Objects.requireNonNull(browser.executeScript("return window." + expression));
    }
}
