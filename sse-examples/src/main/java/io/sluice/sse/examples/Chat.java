package io.sluice.sse.examples;

import io.sluice.sse.Identity;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.Presence;
import io.sluice.sse.json.JsonEvents;
import io.sluice.sse.netty.HttpStatusException;
import io.sluice.sse.netty.RouteResponse;
import io.sluice.sse.netty.SseRequest;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.SseStream;
import io.sluice.sse.netty.StreamRoute;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;

/**
 * Chat rooms that also show who is present. A room is a topic, and each of its subscribers is in the room. The name
 * comes from the request; an application would take it from a session instead, because here every client can claim any
 * name. Start the program, then open {@code http://127.0.0.1:8080} twice, or run in other terminals:
 *
 * <pre>curl -N 'http://127.0.0.1:8080/rooms/tea?name=ann'
 * curl -d 'hello' 'http://127.0.0.1:8080/rooms/tea?name=bob'</pre>
 */
public final class Chat {

    private Chat() {}

    /** Serves until the process is killed. */
    public static void main(String[] args) throws Exception {
        try (Hub hub = hub();
                SseServer server = start(hub, 8080)) {
            System.out.println("open " + server.uri() + ", or: curl -N '" + server.uri() + "/rooms/tea?name=ann'");
            server.awaitTermination();
        }
    }

    /** Joins and leaves are sent as events. A user who reloads the page within three seconds does not leave. */
    static Hub hub() {
        return Hub.builder()
                .presence(Presence.of("rooms/*")
                        .withGracePeriod(Duration.ofSeconds(3))
                        .withEvents("presence"))
                .build();
    }

    static SseServer start(Hub hub, int port) throws IOException {
        return SseServer.builder()
                .hub(hub)
                .port(port)
                .streams("/rooms/**", Chat::enter)
                .route("POST", "/rooms/**", request -> {
                    Map<String, String> said = Map.of("name", nameIn(request), "text", request.bodyText());
                    hub.publish(
                            request.topic("rooms/" + request.subPath()), // a name that is not valid gets a 400
                            JsonEvents.withDefaults().event("said", said));
                    return RouteResponse.empty(204).completed();
                })
                .route(
                        "GET",
                        "/",
                        request -> RouteResponse.of(200, "text/html; charset=utf-8", PAGE)
                                .completed())
                .start();
    }

    /** Messages of the room, joins and leaves on one stream. */
    private static SseStream enter(SseRequest request) {
        String room = "rooms/" + request.subPath();
        return SseStream.of(request.selector(room, "presence/" + room), StreamRoute.startOf(request))
                .identity(Identity.of(nameIn(request)));
    }

    private static String nameIn(SseRequest request) {
        String name = request.query("name");
        if (name == null || name.isBlank() || name.length() > 40) {
            throw HttpStatusException.of(400, "name: " + name + " (expected: 1 to 40 characters)");
        }
        return name;
    }

    private static final String PAGE = """
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>Chat</title>
            <style>body { font: 1rem/1.5 sans-serif; max-width: 40rem; margin: auto; padding: 1rem }</style>
            <h1>Tea room</h1>
            <p>Here: <span id="here"></span></p>
            <ol id="said" aria-live="polite"></ol>
            <form><label>Say <input id="text" autocomplete="off" autofocus></label> <button>Send</button></form>
            <script>
              const name = (prompt('Your name?') || 'guest').slice(0, 40);
              const room = '/rooms/tea?name=' + encodeURIComponent(name);
              const $ = id => document.getElementById(id);
              const here = new Set();
              const on = (event, use) => stream.addEventListener(event, e => {
                use(JSON.parse(e.data));
                $('here').textContent = [...here].sort().join(', ');
              });
              const line = text => {
                const item = document.createElement('li');
                item.textContent = text;
                $('said').append(item);
              };
              const stream = new EventSource(room);
              on('present', list => { here.clear(); list.principals.forEach(p => here.add(p)); });
              on('join', ({ principal }) => {
                if (!here.has(principal)) { here.add(principal); line(principal + ' came'); }
              });
              on('leave', ({ principal }) => { here.delete(principal); line(principal + ' left'); });
              on('said', words => line(words.name + ': ' + words.text));
              document.forms[0].addEventListener('submit', event => {
                event.preventDefault();
                fetch(room, { method: 'POST', body: $('text').value });
                $('text').value = '';
              });
            </script>
            </html>
            """;
}
