package io.sluice.sse.netty;

import io.sluice.sse.RejectionCounts;
import java.util.concurrent.CompletionStage;

/**
 * Answers requests that are no streams, beside the streams of the same server. Called on an event loop, for many requests
 * at once: it must be thread-safe and must not block; what takes long completes the stage later.
 */
@FunctionalInterface
public interface HttpRoute {

    /**
     * The answer to a request. A stage that fails with a {@link HttpStatusException} or an {@link IllegalArgumentException} is
     * answered as if that had been thrown.
     *
     * @throws HttpStatusException if the request is not granted
     * @throws IllegalArgumentException if the request is wrong; answered with 400
     */
    CompletionStage<RouteResponse> handle(SseRequest request);

    /**
     * This route for as many requests of one address as the rate lets through; the others get 429, with the time until
     * the next may come. An address is an IPv4 address or the /64 network of an IPv6 address. The 100,000 addresses that
     * asked most lately are known; others begin with a full measure.
     */
    default HttpRoute limitedTo(Rate perAddress) {
        AddressRates rates = new AddressRates(perAddress);
        return request -> {
            long wait = rates.take(request.remoteAddress());
            if (wait > 0) {
                throw HttpStatusException.rate(RejectionCounts.Kind.REQUEST_RATE, "this address asks too often", wait);
            }
            return handle(request);
        };
    }
}
