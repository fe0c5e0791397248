package io.sluice.sse.examples.recipes;

import io.sluice.sse.Event;
import java.util.List;
import java.util.Map;

/**
 * A client in a browser, as a page that appends each event to a list.
 *
 * @param title its row in the table
 * @param cut whether its stream is cut to be resumed
 * @param page its part of the page, with {@code {url}} in place of the stream's address
 * @param over an expression of JavaScript: whether the client has given up, or is done, and does not return
 * @param cancel a statement of JavaScript with which a page leaves the stream
 * @param form the form of its events
 */
record ClientLibrary(String title, boolean cut, String page, String over, String cancel, Form form) {

    /** What a client expects in an event. */
    enum Form {
        HTML,
        TURBO_STREAM,
        DATASTAR
    }

    /** The scripts of the libraries: the path at the server, and the file in {@code node_modules}. */
    static final Map<String, String> SCRIPTS = Map.of(
            "/lib/fes/index", "@microsoft/fetch-event-source/lib/esm/index.js",
            "/lib/fes/fetch", "@microsoft/fetch-event-source/lib/esm/fetch.js",
            "/lib/fes/parse", "@microsoft/fetch-event-source/lib/esm/parse.js",
            "/lib/htmx2.js", "htmx.org/dist/htmx.min.js",
            "/lib/htmx2-sse.js", "htmx-ext-sse/sse.js",
            "/lib/htmx4.js", "htmx4/dist/htmx.min.js",
            "/lib/htmx4-sse.js", "htmx4/dist/ext/hx-sse.min.js",
            "/lib/turbo.js", "@hotwired/turbo/dist/turbo.es2017-esm.js",
            "/lib/datastar.js", "@starfederation/datastar/dist/datastar.js");

    private static final String FETCH_EVENT_SOURCE = """
            <main><ol id="list"></ol></main>
            <script type="module">
              import { fetchEventSource } from '/lib/fes/index';
              window.leave = new AbortController();
              const done = () => { window.over = true; };
              fetchEventSource('{url}', {
                signal: leave.signal, openWhenHidden: true,
                onmessage: ({ event, data }) => { if (!event && data) show(data); },
              }).then(done, done);
            </script>
            """;

    private static final String LEAVE_HTMX = "htmx.ajax('GET', '/elsewhere', { target: 'main', swap: 'innerHTML' })";

    static List<ClientLibrary> all() {
        return List.of(
                new ClientLibrary(
                        "`EventSource` of Chromium",
                        false,
                        """
                        <main><ol id="list"></ol></main>
                        <script>
                          const source = new EventSource('{url}');
                          source.onmessage = event => show(event.data);
                        </script>
                        """,
                        "source.readyState === 2",
                        "source.close()",
                        Form.HTML),
                new ClientLibrary(
                        "`sluice-client.js`",
                        false,
                        """
                        <main><ol id="list"></ol></main>
                        <script type="module">
                          import { SluiceStream } from '/sluice-client.js';
                          window.source = new SluiceStream('{url}');
                          source.addEventListener('message', event => show(event.data));
                        </script>
                        """,
                        "window.source?.state === 'closed'",
                        "source.close()",
                        Form.HTML),
                new ClientLibrary(
                        "fetch-event-source 2.0.1",
                        false,
                        FETCH_EVENT_SOURCE,
                        "window.over === true",
                        "leave.abort()",
                        Form.HTML),
                new ClientLibrary(
                        "fetch-event-source 2.0.1, `cutToResume()`",
                        true,
                        FETCH_EVENT_SOURCE,
                        "window.over === true",
                        "leave.abort()",
                        Form.HTML),
                new ClientLibrary(
                        "htmx 2.0.11, extension sse 2.2.4, `sse-close`",
                        false,
                        """
                        <script src="/lib/htmx2.js"></script>
                        <script src="/lib/htmx2-sse.js"></script>
                        <main><ol id="list" hx-ext="sse" sse-connect="{url}" sse-swap="message" sse-close="end"
                            hx-swap="beforeend"></ol></main>
                        <script>document.addEventListener('htmx:sseClose', () => { window.over = true; });</script>
                        """,
                        "window.over === true",
                        LEAVE_HTMX,
                        Form.HTML),
                new ClientLibrary(
                        "htmx 4.0.1, `hx-sse:close`", false, """
                        <script>
                          const over = () => { window.over = true; };
                          document.addEventListener('htmx:sse:close', over);
                          document.addEventListener('htmx:response:error', () => {
                            if (list.children.length === 0) over(); // a stream that was open comes back
                          });
                        </script>
                        <script src="/lib/htmx4.js"></script>
                        <script src="/lib/htmx4-sse.js"></script>
                        <main><ol id="list" hx-sse:connect="{url}" hx-sse:close="end" hx-status:503="swap:none"
                            hx-swap="beforeend"></ol></main>
                        """, "window.over === true", LEAVE_HTMX, Form.HTML),
                new ClientLibrary(
                        "Turbo 8.0.23",
                        false,
                        """
                        <script type="module" src="/lib/turbo.js"></script>
                        <main><ol id="list"></ol></main>
                        <turbo-stream-source src="{url}"></turbo-stream-source>
                        """,
                        "document.querySelector('turbo-stream-source')?.streamSource?.readyState === 2",
                        "document.querySelector('turbo-stream-source').remove()",
                        Form.TURBO_STREAM),
                datastar("Datastar 1.0.0-beta.11", false),
                datastar("Datastar 1.0.0-beta.11, `cutToResume()`", true));
    }

    private static ClientLibrary datastar(String title, boolean cut) {
        return new ClientLibrary(title, cut, """
                <script>
                  window.leave = new AbortController();
                  document.addEventListener('datastar-sse', ({ detail }) => {
                    if (detail.type === 'finished') window.over = true;
                  });
                </script>
                <script type="module" src="/lib/datastar.js"></script>
                <main data-on-load="@get('{url}', { openWhenHidden: true, abort: window.leave.signal })">
                  <ol id="list"></ol></main>
                """, "window.over === true", "leave.abort()", Form.DATASTAR);
    }

    Event event(String text) {
        String item = "<li>" + text + "</li>";
        return switch (form) {
            case HTML -> Event.of(item);
            case TURBO_STREAM ->
                Event.of("<turbo-stream action=\"append\" target=\"list\"><template>" + item
                        + "</template></turbo-stream>");
            case DATASTAR ->
                Event.of("datastar-merge-fragments", "selector #list\nmergeMode append\nfragments " + item);
        };
    }
}
