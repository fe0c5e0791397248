package io.sluice.sse.examples;

import io.sluice.sse.Event;
import io.sluice.sse.Identity;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.json.JsonEvents;
import io.sluice.sse.netty.HttpStatusException;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.StreamRoute;
import java.io.IOException;
import java.util.Map;

/** The code of the README, and some of the guide, compiled; {@link ReadmeTest} compares them. */
final class ReadmeSnippet {

    private ReadmeSnippet() {}

    static void embed() throws IOException {
        // README begin
        Hub hub = Hub.create();
        SseServer server = SseServer.builder().hub(hub).port(8080).start();

        // curl -N http://127.0.0.1:8080/events/orders/7   or, in a browser, new EventSource("/events/orders/7")
        hub.publish("orders/7", Event.of("status", "paid"));
        hub.publish("orders/7", JsonEvents.withDefaults().event("item", Map.of("sku", "A-1", "count", 2)));

        System.out.println(hub.ledger()); // what clients own now: all zero when the last one has gone
        server.close(); // ends the streams one after the other, with a hint when to come back
        // README end
    }

    static StreamRoute guarded() {
        // GUIDE begin
        StreamRoute guarded = StreamRoute.topics().with((request, stream) -> {
            String user = userOf(request.header("authorization")); // yours; null if that is nobody
            if (user == null) {
                throw HttpStatusException.of(401, "a valid token is needed", "www-authenticate", "Bearer");
            }
            return stream.identity(Identity.of(user));
        });
        // GUIDE end
        return guarded;
    }

    private static String userOf(String authorization) {
        return "Bearer secret".equals(authorization) ? "ann" : null;
    }
}
