package io.sluice.sse.examples.recipes;

import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.SseServerBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/**
 * Fragments of HTML for htmx 2 with its extension sse, and for htmx 4. Both pages use one stream, because an event is
 * the fragment alone. Start the program with the folder {@code node_modules}, and open {@code
 * http://127.0.0.1:8080/htmx2} or {@code /htmx4}.
 */
public final class HtmxFeed {

    private HtmxFeed() {}

    /** Serves until the process is killed. @param args optionally the folder into which npm has installed */
    public static void main(String[] args) throws Exception {
        try (Hub hub = Hub.create();
                SseServer server = server(hub, new Bids(hub, UnaryOperator.identity()), RecipeFiles.nodeModules(args))
                        .start()) {
            System.out.println("open " + server.uri() + "/htmx2 or " + server.uri() + "/htmx4");
            server.awaitTermination();
        }
    }

    static SseServerBuilder server(Hub hub, Bids bids, Path nodeModules) throws IOException {
        SseServerBuilder server = SseServer.builder().hub(hub);
        bids.addTo(server);
        return server.route("GET", "/htmx2", bids.page("htmx2.html"))
                .route("GET", "/htmx4", bids.page("htmx4.html"))
                .route("GET", "/lib/htmx2.js", RecipeFiles.script(nodeModules, "htmx.org/dist/htmx.min.js"))
                .route("GET", "/lib/htmx2-sse.js", RecipeFiles.script(nodeModules, "htmx-ext-sse/sse.js"))
                .route("GET", "/lib/htmx4.js", RecipeFiles.script(nodeModules, "htmx4/dist/htmx.min.js"))
                .route("GET", "/lib/htmx4-sse.js", RecipeFiles.script(nodeModules, "htmx4/dist/ext/hx-sse.min.js"));
    }
}
