package io.sluice.sse.netty;

import java.util.concurrent.CompletionStage;

/**
 * Answers requests that are no streams, beside the streams of the same server. Called on an event loop, for many requests
 * at once: it must be thread-safe and must not block; what takes long completes the stage later.
 */
@FunctionalInterface
public interface HttpRoute {

    /**
     * The answer to a request. A stage that fails with a {@link Refusal} or an {@link IllegalArgumentException} is
     * answered as if that had been thrown.
     *
     * @throws Refusal if the request is not granted
     * @throws IllegalArgumentException if the request is wrong; answered with 400
     */
    CompletionStage<HttpAnswer> answer(SseRequest request);
}
