import io.sluice.sse.netty.SseServer;

/** Starts a server, as the first use of Sluice. */
public final class StartsServer {

    public static void main(String[] args) throws Exception {
        try (SseServer server = SseServer.builder().port(0).start()) {
            System.out.println("started: " + (server.port() > 0));
        }
    }
}
