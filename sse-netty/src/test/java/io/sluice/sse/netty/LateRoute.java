package io.sluice.sse.netty;

import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** An asynchronous route that decides when the test wants it. */
final class LateRoute {

    private final BlockingQueue<Asked> requests = new LinkedBlockingQueue<>();

    /** A request that waits for the decision of the test. */
    record Asked(SseRequest request, CompletableFuture<SseStream> stage) {

        /** Opens a stream of the topic that the body of the request names, or else the path. */
        void open() {
            String body = request.bodyText();
            open(body.isEmpty() ? request.subPath() : body);
        }

        void open(String topic) {
            stage.complete(streamOf(topic));
        }

        void fail(Throwable failure) {
            stage.completeExceptionally(failure);
        }
    }

    static SseStream streamOf(String topic) {
        return SseStream.of(Selector.of(topic), StartPosition.live());
    }

    StreamRoute route() {
        return StreamRoute.async(request -> {
            CompletableFuture<SseStream> stage = new CompletableFuture<>();
            requests.add(new Asked(request, stage));
            return stage;
        });
    }

    /** Waits for the next request. */
    Asked next() throws InterruptedException {
        return Objects.requireNonNull(
                requests.poll(RawClient.PATIENCE.toMillis(), TimeUnit.MILLISECONDS), "the route was not asked");
    }

    boolean isAsked() {
        return !requests.isEmpty();
    }
}
