package io.sluice.sse.examples;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.SseServer;
import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/**
 * Everybody gets the time, once a second. Start it, and in another terminal:
 *
 * <pre>curl -N http://127.0.0.1:8080/events/time</pre>
 */
public final class HelloBroadcast {

    private HelloBroadcast() {}

    /** Publishes until it is killed. */
    public static void main(String[] args) throws Exception {
        try (Hub hub = Hub.create();
                SseServer server = start(hub, 8080)) {
            System.out.println("curl -N " + server.uri() + "/events/time");
            while (true) {
                publishTime(hub);
                TimeUnit.SECONDS.sleep(1);
            }
        }
    }

    /** A server for the hub's topics, each at {@code /events/} and its name. */
    static SseServer start(Hub hub, int port) throws IOException {
        return SseServer.builder().hub(hub).port(port).start();
    }

    /** Publishing needs no server and no client; whoever listens gets it. */
    static void publishTime(Hub hub) {
        hub.publish("time", Event.of("tick", Instant.now().toString()));
    }
}
