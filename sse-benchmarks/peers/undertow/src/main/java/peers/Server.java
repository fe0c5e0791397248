package peers;

import io.undertow.Handlers;
import io.undertow.Undertow;
import io.undertow.server.handlers.sse.ServerSentEventConnection;
import io.undertow.server.handlers.sse.ServerSentEventHandler;

/** Undertow's handler of event streams, and a send to each of its connections. */
public final class Server {

    public static void main(String[] arguments) {
        ServerSentEventHandler streams = Handlers.serverSentEvents();
        Undertow.builder()
                .addHttpListener(Integer.parseInt(arguments[0]), "127.0.0.1")
                .setHandler(Handlers.path().addExactPath("/events/load", streams).addExactPath("/publish/load", exchange ->
                        exchange.getRequestReceiver().receiveFullString((same, data) -> {
                            for (ServerSentEventConnection client : streams.getConnections()) {
                                client.send(data);
                            }
                            same.endExchange();
                        })))
                .build()
                .start();
    }
}
