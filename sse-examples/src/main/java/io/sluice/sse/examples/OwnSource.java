package io.sluice.sse.examples;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Sink;
import io.sluice.sse.Source;
import io.sluice.sse.netty.HttpStatusException;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.SseStream;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Each client gets its own source, which ends with the client: a countdown from the number in the request. Start the
 * program, and run in another terminal:
 *
 * <pre>curl -N 'http://127.0.0.1:8080/countdown?from=5'</pre>
 *
 * <p>Press Ctrl-C there before the countdown is over: the countdown in this program stops too.
 */
public final class OwnSource {

    private OwnSource() {}

    /** Serves until the process is killed. */
    public static void main(String[] args) throws Exception {
        try (SseServer server = start(8080, Duration.ofSeconds(1))) {
            System.out.println("curl -N '" + server.uri() + "/countdown?from=5'");
            server.awaitTermination();
        }
    }

    /** Starts a server that fills each stream with its own {@link Countdown}. */
    static SseServer start(int port, Duration period) throws IOException {
        return SseServer.builder()
                .port(port)
                .streams("/countdown", request -> {
                    String from = request.query("from");
                    return SseStream.of(new Countdown(from == null ? 10 : number(from), period));
                })
                .start();
    }

    /** The message of an HttpStatusException is for the client; any other exception becomes a 500 and is logged. */
    private static int number(String from) {
        try {
            return Integer.parseInt(from);
        } catch (NumberFormatException e) {
            throw HttpStatusException.of(400, "from: \"" + from + "\" (expected: a whole number)");
        }
    }

    /** Counts down for one client. */
    private static final class Countdown implements Source {

        private final AtomicInteger left;
        private final Duration period;

        Countdown(int from, Duration period) {
            this.left = new AtomicInteger(from);
            this.period = period;
        }

        @Override
        public void start(Sink sink) {
            // The task belongs to the client's scope: it is cancelled when the client leaves, without any code here.
            sink.scope().every(period, () -> tick(sink));
        }

        private void tick(Sink sink) {
            int now = left.getAndDecrement();
            if (now > 0) {
                sink.send(Event.of("tick", Integer.toString(now)));
            } else if (now == 0) {
                sink.send(Event.of("lift-off", ""));
                sink.complete(); // the client does not reconnect
            }
        }

        @Override
        public void stop(Sink sink, CloseReason reason) {
            System.out.println("client " + sink.id() + ": " + reason);
        }
    }
}
