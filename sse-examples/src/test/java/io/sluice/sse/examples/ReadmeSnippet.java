package io.sluice.sse.examples;

import io.sluice.sse.Event;
import io.sluice.sse.Identity;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.json.JsonEvents;
import io.sluice.sse.netty.Authenticator;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.SseServerBuilder;
import io.sluice.sse.netty.StreamRoute;
import io.sluice.sse.topic.AccessRules;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The code of the README, and some of the guide, compiled; {@link ReadmeTest} compares them. */
final class ReadmeSnippet {

    private ReadmeSnippet() {}

    static void embed() throws IOException {
        // README begin
        Hub hub = Hub.create();
        SseServer server = SseServer.builder().hub(hub).port(8080).start();

        // curl -N http://127.0.0.1:8080/events/orders/7   or, in a browser, new EventSource("/events/orders/7")
        hub.publish("orders/7", Event.of("status", "paid"));
        hub.publish("orders/7", JsonEvents.withDefaults().event("item", Map.of("sku", "A-1", "count", 2)));

        System.out.println(hub.ledger()); // what clients own now: all zero when the last one has gone
        server.close(); // ends the streams one after the other, with a hint when to come back
        // README end
    }

    static SseServerBuilder guarded() {
        // GUIDE begin
        AccessRules rules = AccessRules.builder()
                .allow("public/**") // every client
                .allow("users/{principal}/**") // ann: users/ann and all topics below it
                .allowGroup("ops", "alerts/**")
                .allowPublish("users/{principal}/inbox")
                .build();
        SseServerBuilder guarded = SseServer.builder()
                .authenticator(Authenticator.bearer(token -> identityOf(token))) // yours: a CompletionStage<Identity>
                .access(rules)
                .streams("/events/**", StreamRoute.anyTopics());
        // GUIDE end
        return guarded;
    }

    private static CompletionStage<Identity> identityOf(String token) {
        return CompletableFuture.completedStage("secret".equals(token) ? Identity.of("ann") : Identity.UNKNOWN);
    }
}
