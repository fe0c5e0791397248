package io.sluice.sse.examples.recipes;

import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.SseServerBuilder;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Turbo Streams: an event is an element {@code turbo-stream}, which Turbo executes. Start the program with the folder
 * {@code node_modules}, and open {@code http://127.0.0.1:8080}.
 */
public final class TurboFeed {

    private TurboFeed() {}

    /** Serves until the process is killed. @param args optionally the folder into which npm has installed */
    public static void main(String[] args) throws Exception {
        try (Hub hub = Hub.create();
                SseServer server = server(hub, new Bids(hub, TurboFeed::append), RecipeFiles.nodeModules(args))
                        .start()) {
            System.out.println("open " + server.uri());
            server.awaitTermination();
        }
    }

    /** An event that appends a bid to the list. If the list has an element with its id, Turbo replaces that one. */
    static String append(String item) {
        return "<turbo-stream action=\"append\" target=\"bids\"><template>" + item + "</template></turbo-stream>";
    }

    static SseServerBuilder server(Hub hub, Bids bids, Path nodeModules) throws IOException {
        SseServerBuilder server = SseServer.builder().hub(hub);
        bids.addTo(server);
        return server.route("GET", "/", bids.page("turbo.html"))
                .route(
                        "GET",
                        "/lib/turbo.js",
                        RecipeFiles.script(nodeModules, "@hotwired/turbo/dist/turbo.es2017-esm.js"));
    }
}
