package io.sluice.sse.netty;

import io.sluice.sse.RejectionCounts;
import java.util.concurrent.CompletionStage;

/**
 * Handles the requests of a path that are not for a stream. It is called on event loops, concurrently: it must be
 * thread-safe and must not block. If the response takes long, the route completes the stage later, on any thread.
 */
@FunctionalInterface
public interface HttpRoute {

    /**
     * Returns the response to a request. A stage that fails has the same effect as throwing its exception.
     *
     * <p>Only an {@link HttpStatusException} speaks to the client. Any other exception is logged, and the client gets
     * status 500. So read the name of a topic with {@link SseRequest#topic}, and reject any other wrong input with
     * {@link HttpStatusException#of}.
     *
     * @throws HttpStatusException if the request is rejected
     */
    CompletionStage<RouteResponse> handle(SseRequest request);

    /**
     * Returns a route for a response that never changes, for example a page or a script. It gets an {@code ETag}, and a
     * client that has this content already gets status 304 without it. The header {@code cache-control} of the response
     * decides how long a client may use its copy without asking.
     *
     * @param response has status 200
     * @throws IllegalArgumentException if it has another status
     */
    @CheckReturnValue
    static HttpRoute content(RouteResponse response) {
        return new StaticContent(response);
    }

    /**
     * Returns a route for {@code sluice-client.js}, the script for browsers. It is a module without dependencies, and
     * pages import it: {@code import { SluiceStream } from '/sluice-client.js'}. A browser asks each time whether its
     * copy is that of this version ({@code cache-control: no-cache} and an {@code ETag}).
     */
    @CheckReturnValue
    static HttpRoute clientScript() {
        return StaticContent.clientScript();
    }

    /**
     * Returns this route with a limit on the rate of requests per address. A request above it gets status 429, with the
     * time until the next request is allowed. An address is an IPv4 address or the /64 network of an IPv6 address. The
     * route tracks the 100,000 addresses with the most recent requests; any other address starts with a full bucket.
     */
    @CheckReturnValue
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

    /**
     * Returns this route with a limit on the rate of requests per principal ({@link SseRequest#identity}). A request
     * above it gets status 429, with the time until the next request is allowed. Clients without a principal have no
     * such limit. The route tracks the 100,000 principals with the most recent requests.
     */
    @CheckReturnValue
    default HttpRoute limitedToPrincipal(Rate perPrincipal) {
        AddressRates rates = new AddressRates(perPrincipal);
        return request -> {
            long wait = rates.takeFor(request.identity().principal());
            if (wait > 0) {
                throw HttpStatusException.rate(RejectionCounts.Kind.REQUEST_RATE, "this user asks too often", wait);
            }
            return handle(request);
        };
    }
}
