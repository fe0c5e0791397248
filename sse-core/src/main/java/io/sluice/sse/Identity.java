package io.sluice.sse;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The identity of a client as the application determined it: a principal (the name of a user or a device) and its
 * groups. Several sinks can have the same principal, for example one user with two tabs. Immutable.
 *
 * @param principal a name that the application chose; null if the client is unknown
 * @param groups names that the application chose
 * @param expiry the time at which the identity ceases to be valid, for example that of its token. The streams of the
 *     client end then. Null if it does not expire
 * @param attributes further facts about the client, by names that the application chose. {@link #toString} omits their
 *     values, which may be secrets
 */
public record Identity(
        @Nullable String principal,
        Set<String> groups,
        @Nullable Instant expiry,
        Map<String, String> attributes) {

    /** The identity of an unknown client. */
    public static final Identity UNKNOWN = new Identity(null, Set.of());

    /** @throws IllegalArgumentException if the principal or one of the groups is empty */
    public Identity {
        groups = Set.copyOf(groups);
        attributes = Map.copyOf(attributes);
        if (principal != null && principal.isEmpty()) {
            throw new IllegalArgumentException("principal: empty (expected: a name)");
        }
        if (groups.contains("")) {
            throw new IllegalArgumentException("group: empty (expected: a name)");
        }
    }

    /**
     * Creates an identity that does not expire and has no attributes.
     *
     * @throws IllegalArgumentException if the principal or one of the groups is empty
     */
    public Identity(@Nullable String principal, Set<String> groups) {
        this(principal, groups, null, Map.of());
    }

    /**
     * Creates an identity with a principal.
     *
     * @throws IllegalArgumentException if the principal or one of the groups is empty
     */
    @CheckReturnValue
    public static Identity of(String principal, String... groups) {
        return new Identity(Objects.requireNonNull(principal, "principal"), Set.of(groups));
    }

    /** This identity with a time at which it expires. */
    @CheckReturnValue
    public Identity until(Instant newExpiry) {
        return new Identity(principal, groups, Objects.requireNonNull(newExpiry, "expiry"), attributes);
    }

    /** This identity with one more attribute, which replaces one of the same name. */
    @CheckReturnValue
    public Identity with(String name, String value) {
        Map<String, String> more = new HashMap<>(attributes);
        more.put(Objects.requireNonNull(name, "name"), Objects.requireNonNull(value, "value"));
        return new Identity(principal, groups, expiry, more);
    }

    /** Whether anything is known about the client: it is not {@link #UNKNOWN}. */
    public boolean isKnown() {
        return !equals(UNKNOWN);
    }

    /** Principal, groups and expiry, and the names of the attributes without their values. */
    @Override
    public String toString() {
        return "Identity[principal=" + principal + ", groups=" + new TreeSet<>(groups)
                + (expiry == null ? "" : ", expiry=" + expiry)
                + (attributes.isEmpty() ? "" : ", attributes=" + new TreeSet<>(attributes.keySet())) + "]";
    }
}
