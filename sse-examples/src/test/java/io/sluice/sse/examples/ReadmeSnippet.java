package io.sluice.sse.examples;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.SseServer;
import java.io.IOException;
import java.util.Map;

/** The code of the README, compiled; {@link ReadmeTest} compares the two. */
final class ReadmeSnippet {

    private ReadmeSnippet() {}

    static void embed() throws IOException {
        // README begin
        Hub hub = Hub.create();
        SseServer server = SseServer.builder().hub(hub).port(8080).start();

        // curl -N http://127.0.0.1:8080/events/orders/7   or, in a browser, new EventSource("/events/orders/7")
        hub.publish("orders/7", Event.of("status", "paid"));
        hub.publish("orders/7", Event.json("item", Map.of("sku", "A-1", "count", 2)));

        System.out.println(hub.ledger()); // what clients own now: all zero when the last one has gone
        server.close(); // ends the streams one after the other, with a hint when to come back
        // README end
    }
}
