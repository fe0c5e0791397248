package peers;

import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.OpenSSLEngineOptions;
import io.vertx.core.net.PemKeyCertOptions;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * One verticle writes to a set of chunked responses. A client with a full write queue misses the event. With the
 * property publish the publisher has that port, in clear text. With tls (jdk or tcnative) and certificate, the folder
 * of cert.pem and key.pem, the clients use TLS, and HTTP/2 if they select it. With gzip streams are compressed.
 */
public final class Server extends VerticleBase {

    private final int port;
    private final Set<HttpServerResponse> clients = new LinkedHashSet<>();
    private final Map<String, HttpServerResponse> tokenStreams = new HashMap<>();

    private Server(int port) {
        this.port = port;
    }

    public static void main(String[] arguments) {
        Vertx.vertx(new VertxOptions().setPreferNativeTransport(true))
                .deployVerticle(new Server(Integer.parseInt(arguments[0])))
                .onFailure(failure -> {
                    failure.printStackTrace();
                    System.exit(1);
                });
    }

    @Override
    public Future<?> start() {
        Integer publish = Integer.getInteger("publish");
        Future<?> clients = vertx.createHttpServer(options()).requestHandler(this::serve).listen(port, "127.0.0.1");
        return publish == null
                ? clients
                : clients.compose(listening ->
                        vertx.createHttpServer().requestHandler(this::serve).listen(publish, "127.0.0.1"));
    }

    private static HttpServerOptions options() {
        HttpServerOptions options = new HttpServerOptions().setCompressionSupported(Boolean.getBoolean("gzip"));
        String tls = System.getProperty("tls");
        if (tls != null) {
            String folder = System.getProperty("certificate");
            options.setSsl(true)
                    .setUseAlpn(true)
                    .setKeyCertOptions(new PemKeyCertOptions()
                            .setCertPath(folder + "/cert.pem")
                            .setKeyPath(folder + "/key.pem"));
            if (tls.equals("tcnative")) {
                options.setSslEngineOptions(new OpenSSLEngineOptions());
            }
        }
        return options;
    }

    private void serve(HttpServerRequest request) {
        if (request.method().equals(HttpMethod.POST)) {
            request.body().onSuccess(body -> {
                if (request.path().startsWith("/tokens/")) {
                    publishTokens(body);
                } else {
                    publish(body);
                }
                request.response().end();
            });
            return;
        }
        HttpServerResponse client = request.response();
        client.setChunked(true).putHeader("content-type", "text/event-stream").putHeader("cache-control", "no-cache");
        client.closeHandler(end -> clients.remove(client));
        client.exceptionHandler(end -> clients.remove(client));
        client.write(": open\n\n");
        if (request.path().startsWith("/tokens/")) {
            tokenStreams.put(request.path().substring(request.path().lastIndexOf('/') + 1), client);
        } else {
            clients.add(client);
        }
    }

    /** One line for each event: its client and its data. */
    private void publishTokens(Buffer lines) {
        lines.toString().lines().forEach(line -> {
            int blank = line.indexOf(' ');
            HttpServerResponse client = tokenStreams.get(line.substring(0, blank));
            if (client != null && !client.writeQueueFull()) {
                client.write("data: " + line.substring(blank + 1) + "\n\n");
            }
        });
    }

    private void publish(Buffer data) {
        Buffer event = Buffer.buffer(data.length() + 8)
                .appendString("data: ")
                .appendBuffer(data)
                .appendString("\n\n");
        for (HttpServerResponse client : clients) {
            if (!client.writeQueueFull()) {
                client.write(event);
            }
        }
    }
}
