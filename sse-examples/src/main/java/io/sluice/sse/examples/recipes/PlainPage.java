package io.sluice.sse.examples.recipes;

import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.SseServerBuilder;
import java.util.function.UnaryOperator;

/**
 * A page and its stream without a hole between them ({@link Bids}), with the {@code EventSource} of the browser and no
 * library. Start the program and open {@code http://127.0.0.1:8080}.
 */
public final class PlainPage {

    private PlainPage() {}

    /** Serves until the process is killed. */
    public static void main(String[] args) throws Exception {
        try (Hub hub = Hub.create();
                SseServer server =
                        server(hub, new Bids(hub, UnaryOperator.identity())).start()) {
            System.out.println("open " + server.uri());
            server.awaitTermination();
        }
    }

    static SseServerBuilder server(Hub hub, Bids bids) {
        SseServerBuilder server = SseServer.builder().hub(hub);
        bids.addTo(server);
        return server.route("GET", "/", bids.page("plain.html"));
    }
}
