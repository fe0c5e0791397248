package io.sluice.sse.examples;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.SseServer;
import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/**
 * Sends the time to all subscribers once a second. Start the program, and run in another terminal:
 *
 * <pre>curl -N http://127.0.0.1:8080/events/time</pre>
 */
public final class HelloBroadcast {

    private HelloBroadcast() {}

    /** Publishes until the process is killed. */
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

    /** Starts a server for the topics of the hub, each at {@code /events/} and its name. */
    static SseServer start(Hub hub, int port) throws IOException {
        return SseServer.builder().hub(hub).port(port).start();
    }

    /** Publishing needs neither a server nor a client; the event reaches all current subscribers. */
    static void publishTime(Hub hub) {
        hub.publish("time", Event.of("tick", Instant.now().toString()));
    }
}
