package consumer;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.StreamRoute;
import io.sluice.sse.test.RecordingSink;
import io.sluice.sse.test.SseTestClient;

/** Uses the hub, the server and the test kit: a client without a socket, and one with a socket. */
public final class Main {

    public static void main(String[] args) throws Exception {
        try (RecordingSink sink = RecordingSink.start(source -> source.send(Event.of("from a source")))) {
            System.out.println("data: " + sink.data().get(0));
        }
        try (Hub hub = Hub.create();
                SseServer server = SseServer.builder()
                        .hub(hub)
                        .port(0)
                        .streams("/events/**", StreamRoute.topics())
                        .start();
                SseTestClient client = SseTestClient.open(server.port(), "/events/a")) {
            client.awaitStream();
            hub.publish("a", Event.of("from module " + Hub.class.getModule().getName()));
            client.awaitEvents(1);
            System.out.println("data: " + client.response().events().get(0).data());
        }
    }
}
