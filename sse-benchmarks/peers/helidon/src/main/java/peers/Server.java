package peers;

import io.helidon.common.configurable.Resource;
import io.helidon.common.pki.Keys;
import io.helidon.common.tls.Tls;
import io.helidon.http.sse.SseEvent;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.sse.SseSink;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A virtual thread for each client takes events from the client's queue. A client with a full queue is ended. With the
 * property publish the publisher has that port, in clear text. With tls, certificate (the folder of key.p12) and
 * password the clients use TLS, and HTTP/2 if they select it.
 */
public final class Server {

    private static final int BUFFERED = 1024;
    private static final Set<Client> CLIENTS = ConcurrentHashMap.newKeySet();
    private static final Map<String, Client> TOKEN_STREAMS = new ConcurrentHashMap<>();

    private static final class Client {
        final BlockingQueue<String> events = new ArrayBlockingQueue<>(BUFFERED);
        volatile boolean slow;
    }

    public static void main(String[] arguments) {
        WebServerConfig.Builder server = WebServer.builder()
                .host("127.0.0.1")
                .port(Integer.parseInt(arguments[0]))
                .backlog(4096)
                .routing(Server::route);
        Integer publish = Integer.getInteger("publish");
        if (publish != null) {
            server.putSocket("publish", socket -> socket.host("127.0.0.1").port(publish).routing(Server::route));
        }
        if (System.getProperty("tls") != null) {
            server.tls(tls());
        }
        server.build().start();
    }

    private static void route(HttpRouting.Builder routing) {
        routing.get("/events/load", Server::stream)
                .post("/publish/load", Server::publish)
                .get("/tokens/{of}/{client}", Server::streamTokens)
                .post("/tokens/{of}", Server::publishTokens);
    }

    private static Tls tls() {
        Path store = Path.of(System.getProperty("certificate"), "key.p12");
        Keys keys = Keys.builder()
                .keystore(own -> own.keystore(Resource.create(store))
                        .passphrase(System.getProperty("password"))
                        .keyAlias("localhost"))
                .build();
        return Tls.builder().privateKey(keys).privateKeyCertChain(keys).build();
    }

    private static void stream(ServerRequest request, ServerResponse response) throws InterruptedException {
        Client client = new Client();
        try (SseSink sink = response.sink(SseSink.TYPE)) {
            sink.emit(SseEvent.builder().comment("open").build());
            CLIENTS.add(client);
            while (!client.slow) {
                sink.emit(SseEvent.create(client.events.take()));
            }
        } finally {
            CLIENTS.remove(client);
        }
    }

    private static void streamTokens(ServerRequest request, ServerResponse response) throws InterruptedException {
        Client client = new Client();
        String name = request.path().pathParameters().get("client");
        try (SseSink sink = response.sink(SseSink.TYPE)) {
            sink.emit(SseEvent.builder().comment("open").build());
            TOKEN_STREAMS.put(name, client);
            while (!client.slow) {
                sink.emit(SseEvent.create(client.events.take()));
            }
        } finally {
            TOKEN_STREAMS.remove(name, client);
        }
    }

    /** One line for each event: its client and its data. */
    private static void publishTokens(ServerRequest request, ServerResponse response) {
        request.content().as(String.class).lines().forEach(line -> {
            int blank = line.indexOf(' ');
            Client client = TOKEN_STREAMS.get(line.substring(0, blank));
            if (client != null && !client.events.offer(line.substring(blank + 1))) {
                client.slow = true;
            }
        });
        response.send();
    }

    private static void publish(ServerRequest request, ServerResponse response) {
        String data = request.content().as(String.class);
        for (Client client : CLIENTS) {
            if (!client.events.offer(data)) {
                client.slow = true;
            }
        }
        response.send();
    }
}
