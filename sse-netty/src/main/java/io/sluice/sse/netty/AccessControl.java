package io.sluice.sse.netty;

import io.netty.channel.ChannelHandlerContext;
import io.sluice.sse.Identity;
import io.sluice.sse.RejectionCounts;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.TransportAccess;
import io.sluice.sse.hub.lane.LaneRegistry;
import io.sluice.sse.topic.AccessRules;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Identifies the clients of a server, and decides to which topics they may subscribe and publish. Without an
 * authenticator and without rules it costs nothing. Thread-safe.
 */
final class AccessControl {

    static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);

    private static final Duration RETRY_AFTER_TIMEOUT = Duration.ofSeconds(3);

    /** The options. Immutable. */
    record Settings(
            @Nullable Authenticator authenticator, @Nullable AccessRules rules, Duration timeout) {

        static final Settings NONE = new Settings(null, null, DEFAULT_TIMEOUT);

        Settings authenticator(Authenticator newAuthenticator) {
            return new Settings(Objects.requireNonNull(newAuthenticator, "authenticator"), rules, timeout);
        }

        Settings rules(AccessRules newRules) {
            return new Settings(authenticator, Objects.requireNonNull(newRules, "access"), timeout);
        }

        Settings timeout(Duration newTimeout) {
            return new Settings(authenticator, rules, newTimeout);
        }
    }

    /**
     * What is known about the client of a request.
     *
     * @param revocations the number of revocations when its authentication began
     * @param decision what an authenticator calls while the client waits; null before and afterwards
     */
    record Client(
            Identity identity,
            AccessControl control,
            long revocations,
            @Nullable BlockingDecision decision) {}

    private final Settings settings;
    private final LaneRegistry hub;

    AccessControl(Settings settings, Hub hub) {
        this.settings = settings;
        this.hub = TransportAccess.of(hub);
    }

    Settings settings() {
        return settings;
    }

    /** What follows. Exactly one of the methods is called, on the event loop. */
    interface Continuation {
        /**
         * @param identified the request with the identity of its client
         * @param failure of the authenticator, or null
         */
        void next(SseRequest identified, @Nullable Throwable failure);

        /** The client has left. */
        void left();
    }

    /** Identifies the client of a request; at once if the authenticator answers at once. */
    void identify(ChannelHandlerContext ctx, SseRequest request, Continuation continuation) {
        Authenticator authenticator = settings.authenticator();
        if (authenticator == null && settings.rules() == null) {
            continuation.next(request, null);
            return;
        }
        long revocations = hub.revocationCount();
        SseRequest unknown = request.by(new Client(Identity.UNKNOWN, this, revocations, null));
        if (authenticator == null) {
            continuation.next(unknown, null);
            return;
        }
        BlockingDecision decision = new BlockingDecision(hub);
        SseRequest asked = request.by(new Client(Identity.UNKNOWN, this, revocations, decision));
        CompletionStage<Identity> stage;
        try {
            stage = Objects.requireNonNull(authenticator.authenticate(asked), "the authenticator returned null");
        } catch (Throwable e) {
            decision.end();
            continuation.next(unknown, e);
            return;
        }
        StageWait.then(ctx, stage, settings.timeout(), AccessControl::late, new StageWait.Continuation<>() {
            @Override
            public void next(@Nullable Identity identity, @Nullable Throwable failure) {
                decision.end();
                Throwable rejection = failure == null ? rejection(authenticator, identity) : failure;
                if (rejection == null && identity != null) {
                    Client known = new Client(identity, AccessControl.this, revocations, null);
                    continuation.next(request.by(known), null);
                } else {
                    continuation.next(unknown, rejection);
                }
            }

            @Override
            public void left() {
                decision.end();
                continuation.left();
            }
        });
    }

    private @Nullable Throwable rejection(Authenticator authenticator, @Nullable Identity identity) {
        if (identity == null) {
            return new NullPointerException("the stage of the authenticator completed with null");
        }
        if (!identity.isKnown() && !authenticator.allowsAnonymous()) {
            return unauthenticated(authenticator, "this needs an authenticated client");
        }
        return hub.isExpired(identity) ? unauthenticated(authenticator, "the credentials have expired") : null;
    }

    private static HttpStatusException unauthenticated(Authenticator authenticator, String detail) {
        return HttpStatusException.of(401, detail, "www-authenticate", authenticator.challenge());
    }

    /** A decision of user code took too long. The client may try again. */
    static HttpStatusException late() {
        return HttpStatusException.limit(
                RejectionCounts.Kind.DECISION_TIMEOUT,
                503,
                "the server could not decide about the request in time",
                RETRY_AFTER_TIMEOUT);
    }

    /**
     * The stream with the identity of its client and with the rules of the server.
     *
     * @throws HttpStatusException if the client may not have the stream
     */
    SseStream permitted(SseRequest request, SseStream opened) {
        SseStream stream = opened.by(request.identity(), settings.rules());
        Identity identity = stream.settings().identity();
        AccessRules rules = stream.settings().access();
        if (rules != null && stream.selector() != null) {
            String forbidden = rules.firstForbidden(identity, stream.selector());
            if (forbidden != null) {
                throw forbidden(identity, forbidden, rules.couldSubscribe(forbidden), "subscribe to");
            }
        }
        return stream;
    }

    /** @throws HttpStatusException if the access of the client was revoked since its authentication began */
    void checkNotRevoked(SseRequest request, SseStream stream) {
        Client client = request.client();
        String principal = stream.settings().identity().principal();
        if (client != null && principal != null && hub.isRevokedSince(client.revocations(), principal)) {
            throw HttpStatusException.retryable(
                    503, "the access of this client has changed meanwhile", RETRY_AFTER_TIMEOUT);
        }
    }

    /** @throws HttpStatusException if the client may not publish to the topic */
    void checkPublish(Identity identity, String topic) {
        AccessRules rules = settings.rules();
        if (rules != null && !rules.mayPublish(identity, topic)) {
            throw forbidden(identity, topic, rules.couldPublish(topic), "publish to");
        }
    }

    private HttpStatusException forbidden(Identity identity, String topic, boolean isForOthers, String action) {
        Authenticator authenticator = settings.authenticator();
        if (authenticator != null && isForOthers && !identity.isKnown()) {
            return unauthenticated(authenticator, "only authenticated clients may " + action + " \"" + topic + "\"");
        }
        return HttpStatusException.of(403, "this client may not " + action + " \"" + topic + "\"");
    }
}
