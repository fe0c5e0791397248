package io.sluice.sse.examples.server;

import io.sluice.sse.Identity;
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

    private static final int RANDOM_BYTES = 24;

    private record Entry(String hash, long issuedNanos) {}

    private final SecureRandom random = new SecureRandom();
    private final LongSupplier nanos;

    // Guarded by this object.
    private final Map<String, Identity> identities = new HashMap<>();
    /** In the order of their issue, and so of their end. It may contain used ones. */
    private final ArrayDeque<Entry> issued = new ArrayDeque<>();

    Tickets(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /**
     * Issues a ticket for an identity.
     *
     * @throws HttpStatusException (503) if there are too many
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
            identities.put(hash, identity);
            issued.add(new Entry(hash, nanos.getAsLong()));
        }
        return ticket;
    }

    /** The identity of a ticket that can still be used; null if there is none. The ticket stays valid. */
    synchronized @Nullable Identity find(String ticket) {
        removeExpired();
        return identities.get(hash(ticket));
    }

    /** Uses a ticket. @return whether it could still be used, which it cannot from now on */
    synchronized boolean use(String ticket) {
        removeExpired();
        return identities.remove(hash(ticket)) != null;
    }

    /** Removes the tickets of a principal: from now on they open no stream. */
    synchronized void revoke(String principal) {
        identities.values().removeIf(identity -> principal.equals(identity.principal()));
    }

    private void removeExpired() {
        long now = nanos.getAsLong();
        for (Entry oldest = issued.peek();
                oldest != null && now - oldest.issuedNanos >= LIFETIME.toNanos();
                oldest = issued.peek()) {
            issued.remove();
            identities.remove(oldest.hash);
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
