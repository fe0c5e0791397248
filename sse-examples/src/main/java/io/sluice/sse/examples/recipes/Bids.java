package io.sluice.sse.examples.recipes;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.HttpRoute;
import io.sluice.sse.netty.HttpStatusException;
import io.sluice.sse.netty.RouteResponse;
import io.sluice.sse.netty.SseRequest;
import io.sluice.sse.netty.SseServerBuilder;
import io.sluice.sse.netty.SseStream;
import io.sluice.sse.netty.StreamRoute;
import io.sluice.sse.topic.Selector;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Render the page, then subscribe without a hole. The bids of an auction are the state that the page shows. Each new
 * bid is an event of a topic. The page contains the id of the newest event that it already shows, and its stream
 * starts after that event.
 *
 * <p>One lock covers the state and the topic. So each bid is either in the page or in the stream, and never in both. If
 * the state is in a database, change it first and publish afterwards. To render, read {@link Hub#headId} first and the
 * state afterwards. Then no bid is missing, but a bid may be in both, and its element needs an id by which the page
 * recognises it.
 */
final class Bids {

    static final String TOPIC = "bids";

    private final Hub hub;
    private final UnaryOperator<String> event;
    private final List<String> items = new ArrayList<>();

    /** @param event makes the data of an event from the HTML of a bid */
    Bids(Hub hub, UnaryOperator<String> event) {
        this.hub = hub;
        this.event = event;
    }

    synchronized void add(String text) {
        String item = "<li id=\"bid-" + items.size() + "\">" + RecipeFiles.escaped(text) + "</li>";
        items.add(item);
        hub.publish(TOPIC, Event.of(event.apply(item)));
    }

    /** The auction is over: each client gets this event, then the end, and stays away. */
    void close() {
        hub.end(TOPIC, Event.of(event.apply("<li id=\"sold\">Sold</li>")));
    }

    /** A page with the bids so far and with the id of the newest one. */
    synchronized RouteResponse render(String page) {
        return RecipeFiles.html(
                page.replace("{bids}", String.join("\n", items)).replace("{lastEventId}", hub.headId()));
    }

    /** A page at a path. */
    HttpRoute page(String name) {
        String page = RecipeFiles.page(name);
        return request -> render(page).completed();
    }

    /** The stream of the bids, and a form that makes one. */
    void addTo(SseServerBuilder server) {
        server.streams("/bids", request -> SseStream.of(Selector.of(TOPIC), StreamRoute.startOf(request)))
                .route("POST", "/bids", request -> {
                    add(amount(request));
                    return RouteResponse.empty(204).completed();
                });
    }

    private static String amount(SseRequest request) {
        String form = request.bodyText();
        if (!form.startsWith("amount=") || form.length() > 100) {
            throw HttpStatusException.of(400, "the form has one field, amount");
        }
        try {
            return URLDecoder.decode(form.substring("amount=".length()), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw HttpStatusException.of(400, "the form is not encoded as a form");
        }
    }
}
