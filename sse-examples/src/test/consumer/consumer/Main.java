package consumer;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.StreamRoute;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** Publishes one event to itself. */
public final class Main {

    public static void main(String[] args) throws Exception {
        try (Hub hub = Hub.create();
                SseServer server = SseServer.builder()
                        .hub(hub)
                        .port(0)
                        .streams("/events/**", StreamRoute.topics())
                        .start()) {
            URI uri = URI.create("http://127.0.0.1:" + server.port() + "/events/a");
            HttpResponse<java.io.InputStream> response = HttpClient.newHttpClient()
                    .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofInputStream());
            BufferedReader lines = new BufferedReader(new InputStreamReader(response.body()));
            hub.publish("a", Event.of("from module " + Hub.class.getModule().getName()));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("data: ")) {
                    System.out.println(line);
                    return;
                }
            }
        }
    }
}
