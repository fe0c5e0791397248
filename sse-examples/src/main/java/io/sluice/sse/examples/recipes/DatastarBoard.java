package io.sluice.sse.examples.recipes;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.RouteResponse;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.SseServerBuilder;
import io.sluice.sse.netty.SseStream;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/**
 * A board that Datastar morphs into the page. Each event contains the whole board, so only the newest one counts. The
 * topic conflates, and a client that comes or returns gets the newest event alone. It cannot get a gap, which Datastar
 * would ignore. Start the program with the folder {@code node_modules}, and open {@code http://127.0.0.1:8080}.
 */
public final class DatastarBoard {

    private static final String TOPIC = "board";

    /** Datastar 1.0 has other names: the event {@code datastar-patch-elements} with the line {@code elements}. */
    private static final String EVENT = "datastar-merge-fragments";

    private static final String LINE = "fragments ";

    private final Hub hub;
    private final AtomicInteger seats = new AtomicInteger(100);

    DatastarBoard(Hub hub) {
        this.hub = hub;
        publish();
    }

    /** Serves until the process is killed. @param args optionally the folder into which npm has installed */
    public static void main(String[] args) throws Exception {
        try (Hub hub = hub();
                SseServer server = new DatastarBoard(hub)
                        .server(RecipeFiles.nodeModules(args))
                        .start()) {
            System.out.println("open " + server.uri());
            server.awaitTermination();
        }
    }

    static Hub hub() {
        return Hub.builder()
                .topics(TOPIC, topic -> topic.historyEvents(1).conflate())
                .build();
    }

    SseServerBuilder server(Path nodeModules) throws IOException {
        RouteResponse page = RecipeFiles.html(RecipeFiles.page("datastar.html"));
        return SseServer.builder()
                .hub(hub)
                .streams("/board", request -> {
                    String id = request.lastEventId();
                    StartPosition start = id == null ? StartPosition.replay(1) : StartPosition.after(id);
                    // Datastar takes a complete response for the end of the work. It reconnects after an error only.
                    return SseStream.of(Selector.of(TOPIC), start).cutToResume();
                })
                .route("POST", "/seats", request -> {
                    book();
                    // Datastar takes a 204, which has no body, for an error, and sends the request again.
                    return RouteResponse.of(200, "text/event-stream", "").completed();
                })
                .route("GET", "/", request -> page.completed())
                .route(
                        "GET",
                        "/lib/datastar.js",
                        RecipeFiles.script(nodeModules, "@starfederation/datastar/dist/datastar.js"));
    }

    synchronized void book() {
        seats.decrementAndGet();
        publish();
    }

    private void publish() {
        List<String> html = List.of("<section id=\"board\">", "<b>" + seats + "</b> seats are free", "</section>");
        hub.publish(
                TOPIC,
                Event.builder()
                        .name(EVENT)
                        .key(TOPIC)
                        .data(html.stream().map(LINE::concat).collect(Collectors.joining("\n")))
                        .build());
    }
}
