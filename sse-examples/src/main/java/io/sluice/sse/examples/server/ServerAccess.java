package io.sluice.sse.examples.server;

import io.sluice.sse.Identity;
import io.sluice.sse.netty.Authenticator;
import io.sluice.sse.netty.HttpStatusException;
import io.sluice.sse.netty.Rate;
import io.sluice.sse.netty.RouteResponse;
import io.sluice.sse.netty.SseRequest;
import io.sluice.sse.netty.SseServerBuilder;
import io.sluice.sse.netty.SseStream;
import io.sluice.sse.netty.StreamRoute;
import io.sluice.sse.topic.AccessRules;
import io.sluice.sse.topic.Selector;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Who may subscribe and publish: static tokens, JSON web tokens, and tickets for an EventSource. A server without any
 * of these options is open to every client; if it asks clients for certificates, it knows them by the subject of their
 * certificate. Thread-safe.
 */
final class ServerAccess implements AutoCloseable {

    static final String INVALID_TOKEN = "Bearer error=\"invalid_token\"";

    /** The groups of the clients with static tokens. Such a token may be shared, so it has no principal. */
    private static final String SUBSCRIBERS = "subscribers";

    private static final String PUBLISHERS = "publishers";

    private static final String ADMINS = "admins";

    private static final String TICKET = "ticket";

    /** The topics of a ticket, and nothing else, even on a server that is open. */
    private static final AccessRules OF_TICKET =
            AccessRules.builder().allowListed(JwtVerifier.SUBSCRIBE).build();

    private final List<byte[]> subscribeTokens;
    private final List<byte[]> publishTokens;
    private final @Nullable Jwt jwt;
    private final boolean clientCertificates;
    private final Tickets tickets;
    private final AccessRules rules;

    /**
     * How JSON web tokens are checked, and where they are.
     *
     * @param cookie a cookie that may have the token instead of the header, or null
     */
    record Jwt(
            Authenticator.Keys<JwtVerifier> keys, @Nullable String cookie) {}

    /**
     * @param jwt null if the server accepts no JSON web tokens
     * @param clientCertificates whether each client has a certificate, by whose subject it is known
     */
    ServerAccess(
            List<String> subscribeTokens,
            List<String> publishTokens,
            @Nullable Jwt jwt,
            boolean clientCertificates,
            Tickets tickets) {
        this.subscribeTokens = bytes(subscribeTokens);
        this.publishTokens = bytes(publishTokens);
        this.jwt = jwt;
        this.clientCertificates = clientCertificates;
        this.tickets = tickets;
        this.rules = rules();
    }

    private static List<byte[]> bytes(List<String> tokens) {
        return tokens.stream()
                .map(token -> token.getBytes(StandardCharsets.UTF_8))
                .toList();
    }

    private AccessRules rules() {
        AccessRules.Builder builder = AccessRules.builder();
        if (subscribeTokens.isEmpty() && jwt == null) {
            builder.allow("**");
        } else {
            builder.allowGroup(SUBSCRIBERS, "**").allowListed(JwtVerifier.SUBSCRIBE);
        }
        if (publishTokens.isEmpty() && jwt == null) {
            builder.allowPublish("**");
        } else {
            builder.allowGroupPublish(PUBLISHERS, "**").allowListedPublish(JwtVerifier.PUBLISH);
        }
        return builder.build();
    }

    /**
     * @param adminToken the token of the admin routes, or null. Those check it themselves; here wrong ones are counted
     * @param wrongTokens how often one address may send a wrong token or ticket
     */
    void addTo(SseServerBuilder server, @Nullable String adminToken, Rate wrongTokens) {
        byte[] admin = adminToken == null ? null : adminToken.getBytes(StandardCharsets.UTF_8);
        if (hasTokens() || clientCertificates || admin != null) {
            Authenticator atOnce = request -> CompletableFuture.completedFuture(identity(request, admin));
            Authenticator blocking = Authenticator.blocking(request -> identity(request, admin));
            // Asked for each request, because a changed key file may have keys of another kind.
            Authenticator authenticator = request -> (hasSlowKeys() ? blocking : atOnce).authenticate(request);
            // The limit is for what a client can guess, and a certificate cannot be guessed.
            server.authenticator(authenticator
                    .limitingFailures(wrongTokens)
                    .or(this::certified)
                    .orAnonymous());
        }
        if (hasTokens()) {
            server.access(rules);
        }
        server.route("POST", "/ticket", this::ticket);
    }

    private boolean hasTokens() {
        return !subscribeTokens.isEmpty() || !publishTokens.isEmpty() || jwt != null;
    }

    private boolean hasSlowKeys() {
        return jwt != null && jwt.keys().get().isSlow();
    }

    @Override
    public void close() {
        if (jwt != null) {
            jwt.keys().close();
        }
    }

    /** Opens the streams of tickets as well. No stream of this server is bare, so each client must accept events. */
    StreamRoute streams(StreamRoute route) {
        StreamRoute withTickets = route.with(this::useTicket);
        return new StreamRoute() {
            @Override
            public SseStream open(SseRequest request) {
                return withTickets.open(request);
            }

            @Override
            public void check(SseRequest request) {
                withTickets.check(request);
                request.checkAcceptsEventStream();
            }
        };
    }

    // ---- who the client is

    private Identity identity(SseRequest request, byte @Nullable [] adminToken) {
        if (adminToken != null && request.path().startsWith("/admin/")) {
            return adminOf(request, adminToken);
        }
        if (!isForClients(request)) {
            return Identity.UNKNOWN; // other routes have tokens of their own, or need none
        }
        String ticket = isStream(request) ? request.query(TICKET) : null;
        if (ticket != null) {
            Identity identity = tickets.find(ticket);
            if (identity == null) {
                throw invalidTicket();
            }
            return identity;
        }
        if (!hasTokens()) {
            return Identity.UNKNOWN; // the header is for another program, such as a gateway
        }
        String token = request.bearer();
        if (token == null && jwt != null && jwt.cookie() != null) {
            token = request.cookie(jwt.cookie());
        }
        return token == null ? Identity.UNKNOWN : identityOf(token);
    }

    private static boolean isStream(SseRequest request) {
        String path = request.path();
        return path.equals("/events") || path.startsWith("/events/");
    }

    private static boolean isForClients(SseRequest request) {
        String path = request.path();
        return isStream(request) || path.equals("/ticket") || path.equals("/publish") || path.startsWith("/publish/");
    }

    /** The subject of the client's certificate, on a server without tokens. */
    private CompletionStage<Identity> certified(SseRequest request) {
        return clientCertificates && !hasTokens() && isForClients(request)
                ? Authenticator.clientCertificate().authenticate(request)
                : CompletableFuture.completedFuture(Identity.UNKNOWN);
    }

    private static Identity adminOf(SseRequest request, byte[] adminToken) {
        String token = request.bearer();
        if (token == null) {
            return Identity.UNKNOWN;
        }
        if (!MessageDigest.isEqual(adminToken, token.getBytes(StandardCharsets.UTF_8))) {
            throw AdminRoutes.unauthenticated();
        }
        return new Identity(null, Set.of(ADMINS));
    }

    private Identity identityOf(String token) {
        Set<String> groups = new HashSet<>();
        byte[] given = token.getBytes(StandardCharsets.UTF_8);
        if (contains(subscribeTokens, given)) {
            groups.add(SUBSCRIBERS);
        }
        if (contains(publishTokens, given)) {
            groups.add(PUBLISHERS);
        }
        if (!groups.isEmpty()) {
            return new Identity(null, groups);
        }
        if (jwt == null) {
            throw HttpStatusException.of(401, "the token is not accepted", "www-authenticate", INVALID_TOKEN);
        }
        return jwt.keys().get().verify(token);
    }

    /** Compares with each token in constant time, so that the time does not reveal how much of a token is right. */
    private static boolean contains(List<byte[]> tokens, byte[] given) {
        boolean found = false;
        for (byte[] token : tokens) {
            found |= MessageDigest.isEqual(token, given);
        }
        return found;
    }

    // ---- tickets

    /** The client gets a ticket with its own identity, but for these topics only. */
    private CompletionStage<RouteResponse> ticket(SseRequest request) {
        request.checkTextBody();
        List<String> topics = request.selector(request.queryAll("topic")).terms();
        Identity client = request.identity();
        for (String topic : topics) {
            if (!rules.maySubscribe(client, topic)) {
                throw client.isKnown()
                        ? HttpStatusException.of(403, "this client may not subscribe to \"" + topic + "\"")
                        : HttpStatusException.of(
                                401,
                                "only authenticated clients may subscribe to \"" + topic + "\"",
                                "www-authenticate",
                                "Bearer");
            }
        }
        String ticket = tickets.issue(new Identity(
                client.principal(),
                Set.of(),
                client.expiry(),
                Map.of(JwtVerifier.SUBSCRIBE, String.join("\n", topics))));
        return Json.response(json -> {
                    json.writeStartObject();
                    json.writeStringField("ticket", ticket);
                    json.writeNumberField("seconds", Tickets.LIFETIME.toSeconds());
                    json.writeEndObject();
                })
                .completed();
    }

    /**
     * Uses the ticket of a stream when nothing else can reject it. Not earlier: a client above a limit is asked to
     * retry, and comes back with the same ticket.
     */
    private SseStream useTicket(SseRequest request, SseStream stream) {
        String ticket = request.query(TICKET);
        if (ticket == null) {
            return stream;
        }
        Identity identity = tickets.find(ticket);
        if (identity == null) {
            throw invalidTicket();
        }
        Selector selector = Objects.requireNonNull(stream.selector());
        String forbidden = OF_TICKET.firstForbidden(identity, selector);
        if (forbidden != null) {
            throw HttpStatusException.of(403, "the ticket is not for \"" + forbidden + "\"");
        }
        return stream.identity(identity).allowing(OF_TICKET).lastCheck(() -> {
            if (!tickets.use(ticket)) {
                throw invalidTicket();
            }
        });
    }

    private static HttpStatusException invalidTicket() {
        return HttpStatusException.of(
                401,
                "the ticket was used, or has expired (expected: a new one from POST /ticket)",
                "www-authenticate",
                "Bearer");
    }
}
