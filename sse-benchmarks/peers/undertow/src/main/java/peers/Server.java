package peers;

import io.undertow.Handlers;
import io.undertow.Undertow;
import io.undertow.server.HttpHandler;
import io.undertow.server.handlers.encoding.EncodingHandler;
import io.undertow.server.handlers.sse.ServerSentEventConnection;
import io.undertow.server.handlers.sse.ServerSentEventHandler;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * Undertow's handler of event streams, and a send to each of its connections. With the property publish the publisher
 * has that port, in clear text. With tls, certificate (the folder of key.p12) and password the clients use TLS. With
 * gzip streams are compressed.
 */
public final class Server {

    public static void main(String[] arguments) throws Exception {
        int port = Integer.parseInt(arguments[0]);
        Integer publish = Integer.getInteger("publish");
        ServerSentEventHandler streams = Handlers.serverSentEvents();
        HttpHandler served =
                Boolean.getBoolean("gzip") ? new EncodingHandler.Builder().build(Map.of()).wrap(streams) : streams;
        Undertow.Builder server = Undertow.builder();
        if (publish != null) {
            server.addHttpListener(publish, "127.0.0.1");
        }
        if (System.getProperty("tls") != null) {
            server.addHttpsListener(port, "127.0.0.1", tls());
        } else {
            server.addHttpListener(port, "127.0.0.1");
        }
        server.setHandler(Handlers.path().addExactPath("/events/load", served).addExactPath("/publish/load", exchange ->
                        exchange.getRequestReceiver().receiveFullString((same, data) -> {
                            for (ServerSentEventConnection client : streams.getConnections()) {
                                client.send(data);
                            }
                            same.endExchange();
                        })))
                .build()
                .start();
    }

    private static SSLContext tls() throws Exception {
        char[] password = System.getProperty("password").toCharArray();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream file = Files.newInputStream(Path.of(System.getProperty("certificate"), "key.p12"))) {
            keys.load(file, password);
        }
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, password);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        return context;
    }
}
