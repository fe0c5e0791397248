package peers;

import io.javalin.Javalin;
import io.javalin.http.sse.SseClient;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Javalin on Jetty: clients kept alive in a queue, and a blocking send to each of them. */
public final class Server {

    public static void main(String[] arguments) {
        Queue<SseClient> clients = new ConcurrentLinkedQueue<>();
        Javalin.create(config -> {
                    config.startup.showJavalinBanner = false;
                    config.http.maxRequestSize = 4L << 20;
                    config.routes.sse("/events/load", client -> {
                        client.keepAlive();
                        client.onClose(() -> clients.remove(client));
                        client.sendComment("open");
                        clients.add(client);
                    });
                    config.routes.post("/publish/load", context -> {
                        String data = context.body();
                        for (SseClient client : clients) {
                            client.sendEvent(data);
                        }
                    });
                })
                .start("127.0.0.1", Integer.parseInt(arguments[0]));
    }
}
