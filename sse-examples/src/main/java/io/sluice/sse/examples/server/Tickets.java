package io.sluice.sse.examples.server;

import io.sluice.sse.Identity;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.TransportAccess;
import io.sluice.sse.hub.lane.LaneRegistry;
import io.sluice.sse.netty.HttpStatusException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The tickets that an EventSource presents in its URL, since it cannot send a header. Each one opens one stream, within
 * a minute. The table is bounded, and holds a hash of each ticket in place of the ticket. Thread-safe.
 */
final class Tickets {

    static final Duration LIFETIME = Duration.ofSeconds(60);
    static final int MAX = 100_000;

    /** Per principal, within the lifetime: one user must not keep the others from getting tickets. */
    static final int MAX_OF_PRINCIPAL = 1_000;

    private static final int RANDOM_BYTES = 24;

    /** @param revocations how many revocations there had been on all nodes when the ticket was issued */
    private record Ticket(Identity identity, long revocations) {}

    private record Entry(
            String hash, long issuedNanos, @Nullable String principal) {}

    private final SecureRandom random = new SecureRandom();
    private final LongSupplier nanos;
    private final LaneRegistry lanes;

    // Guarded by this object.
    private final Map<String, Ticket> tickets = new HashMap<>();
    /** In the order of their issue, and so of their end. It may contain used ones. */
    private final ArrayDeque<Entry> issued = new ArrayDeque<>();
    /** How many of those each principal has. */
    private final Map<String, Integer> byPrincipal = new HashMap<>();

    /** @param hub knows whose access was revoked, on this node or another */
    Tickets(LongSupplier nanos, Hub hub) {
        this.nanos = nanos;
        this.lanes = TransportAccess.of(hub);
    }

    /**
     * Issues a ticket for an identity.
     *
     * @throws HttpStatusException (503) if there are too many, (429) if the principal has too many
     */
    String issue(Identity identity) {
        byte[] bytes = new byte[RANDOM_BYTES];
        random.nextBytes(bytes);
        String ticket = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        String hash = hash(ticket);
        synchronized (this) {
            removeExpired();
            if (issued.size() >= MAX) {
                throw HttpStatusException.retryable(503, "there are too many tickets", Duration.ofSeconds(5));
            }
            String principal = identity.principal();
            if (principal != null) {
                if (byPrincipal.getOrDefault(principal, 0) >= MAX_OF_PRINCIPAL) {
                    throw HttpStatusException.retryable(429, "this user has too many tickets", Duration.ofSeconds(5));
                }
                byPrincipal.merge(principal, 1, Integer::sum);
            }
            tickets.put(hash, new Ticket(identity, lanes.revocationCount()));
            issued.add(new Entry(hash, nanos.getAsLong(), principal));
        }
        return ticket;
    }

    /** The identity of a ticket that can still be used; null if there is none. The ticket stays valid. */
    synchronized @Nullable Identity find(String ticket) {
        removeExpired();
        return identityOf(tickets.get(hash(ticket)));
    }

    /** Uses a ticket. @return whether it could still be used, which it cannot from now on */
    synchronized boolean use(String ticket) {
        removeExpired();
        return identityOf(tickets.remove(hash(ticket))) != null;
    }

    /** Null if there is no ticket, or if the access of its principal was revoked after its issue. */
    private @Nullable Identity identityOf(@Nullable Ticket ticket) {
        if (ticket == null) {
            return null;
        }
        String principal = ticket.identity.principal();
        return principal != null && lanes.isRevokedSince(ticket.revocations, principal) ? null : ticket.identity;
    }

    private void removeExpired() {
        long now = nanos.getAsLong();
        for (Entry oldest = issued.peek();
                oldest != null && now - oldest.issuedNanos >= LIFETIME.toNanos();
                oldest = issued.peek()) {
            issued.remove();
            tickets.remove(oldest.hash);
            if (oldest.principal != null) {
                byPrincipal.computeIfPresent(oldest.principal, (ignored, count) -> count == 1 ? null : count - 1);
            }
        }
    }

    /** A lookup by hash takes the same time whatever a guessed ticket has in common with a real one. */
    private static String hash(String ticket) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(ticket.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // each JDK has it
        }
    }
}
