package consumer;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.HttpRoute;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.StreamRoute;
import io.sluice.sse.test.RecordingSink;
import io.sluice.sse.test.SseTestClient;

/** Uses the hub, the server and the test kit: a client without a socket, and two with a socket. */
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
                        .route("GET", "/sluice-client.js", HttpRoute.clientScript())
                        .start();
                SseTestClient page = SseTestClient.connect(server.port()).get("/sluice-client.js");
                SseTestClient client = SseTestClient.open(server.port(), "/events/a")) {
            page.awaitHead();
            System.out.println("script: " + page.response().status() + " " + page.response().header("content-type"));
            client.awaitStream();
            hub.publish("a", Event.of("from module " + Hub.class.getModule().getName()));
            client.awaitEvents(1);
            System.out.println("data: " + client.response().events().get(0).data());
        }
    }
}
