package io.sluice.sse.examples.recipes;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Ledger;
import io.sluice.sse.RejectionCounts;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.SseServerBuilder;
import io.sluice.sse.netty.SseStream.DrainMode;
import io.sluice.sse.netty.StreamRoute;
import io.sluice.sse.test.SseTestClient;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import org.awaitility.Awaitility;

/** A client of the {@link ClientMatrix}, with a hub and a server of its own: no client may depend on another one. */
abstract class ClientUnderTest implements AutoCloseable {

    /** Streams of the test itself, which last as long as the test wants. */
    private static final String HELD = "/held/";

    private static final Duration LONG_DRAIN = Duration.ofSeconds(60);

    /** Its row in the table. */
    final String title;

    final Hub hub;
    private SseServer server;
    private SseTestClient held;
    private CompletionStage<Void> drained;

    ClientUnderTest(String title, Hub hub) {
        this.title = title;
        this.hub = hub;
    }

    // ---- what each kind of client does in its own way

    /** What its server serves. */
    abstract SseServerBuilder routes() throws IOException;

    /** Begins its stream, or begins again with a new one. */
    abstract void load();

    /** Leaves the stream, as its user would. */
    abstract void cancel();

    /** The client, or its next stream, gets a text. */
    abstract void publish(String text);

    /** The client gets a text, and then its stream is complete. */
    abstract void endTopic(String text);

    /** Whether its stream is open at the server. */
    abstract boolean isStreaming();

    /** The texts that it has got since its last load. */
    abstract List<String> shown();

    /** Whether it is complete or has given up, and does not return. */
    abstract boolean isOver();

    /** Whether its stream lasts until its end while the server drains. */
    boolean lastsInDrain() {
        return false;
    }

    // ---- what happens to the client

    void start(int port, int maxStreams) throws IOException {
        StreamRoute untilDeadline = StreamRoute.topics().with((request, stream) -> stream.drain(DrainMode.AT_DEADLINE));
        server = routes().hub(hub)
                .port(port)
                .threads(1)
                .maxStreams(maxStreams)
                .retry(Duration.ofMillis(100))
                .streams(HELD + "**", untilDeadline)
                .start();
    }

    String uri() {
        return server.uri().toString();
    }

    /** Takes a place of the server until {@link #release}. During a drain the server stays up so long. */
    void hold() throws IOException {
        held = SseTestClient.open(server.port(), HELD + "x");
    }

    void release() throws IOException {
        held.close();
    }

    void closeStream() {
        hub.sinks(null, 10)
                .toCompletableFuture()
                .join()
                .forEach(info -> info.sink().close(CloseReason.CLOSED_BY_APPLICATION));
    }

    /** Replaces the server by another one that has room, at another port. */
    void moveToAnotherServer() throws IOException {
        server.close(Duration.ZERO).toCompletableFuture().join();
        start(0, 100);
    }

    void beginDrain() throws IOException {
        hold();
        drained = server.close(LONG_DRAIN);
    }

    /** The drain is over, and another server with the same hub takes the port. */
    void replaceDrainedServer() throws IOException {
        release();
        drained.toCompletableFuture().join();
        start(server.port(), 100);
    }

    // ---- what the client does

    void awaitRefused() {
        await(() -> hub.rejections().count(RejectionCounts.Kind.STREAMS) > 0);
    }

    /** Waits until the client has returned to the draining server and was refused, or has given up. */
    void awaitRefusedByDrain() {
        await(() -> lastsInDrain() || isOver() || hub.rejections().count(RejectionCounts.Kind.DRAINING) > 0);
    }

    void awaitStream() {
        await(this::isStreaming);
    }

    /** Waits until the stream is closed, even if the client has opened another one since. */
    void awaitClosed() {
        await(() -> hub.stats().closed().containsKey(CloseReason.CLOSED_BY_APPLICATION));
    }

    void awaitNoStream() {
        await(() -> hub.ledger().counts().get(Ledger.Kind.SINKS) == 0);
    }

    void awaitOver() {
        await(this::isOver);
    }

    /** Waits until the client has returned, or does not want to. @return whether it has returned */
    boolean returns() {
        await(() -> isStreaming() || isOver());
        return !isOver();
    }

    /** Waits until the client shows a text, or does not want to return. @return whether it shows the text */
    boolean shows(String text) {
        await(() -> shown().contains(text) || isOver());
        return shown().contains(text);
    }

    private void await(Callable<Boolean> condition) {
        Awaitility.await(title)
                .atMost(Duration.ofSeconds(40))
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(20))
                .until(condition);
    }

    @Override
    public void close() throws Exception {
        if (server != null) {
            server.close(Duration.ZERO).toCompletableFuture().join();
        }
        hub.close();
    }
}
