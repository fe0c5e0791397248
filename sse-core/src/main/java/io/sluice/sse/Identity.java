package io.sluice.sse;

import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The identity of a client as the application determined it: a principal (the name of a user or a device) and its
 * groups. Several sinks can have the same principal, for example one user with two tabs. Immutable.
 *
 * @param principal a name that the application chose; null if the client is unknown
 * @param groups names that the application chose
 */
public record Identity(@Nullable String principal, Set<String> groups) {

    /** The identity of an unknown client. */
    public static final Identity UNKNOWN = new Identity(null, Set.of());

    /** @throws IllegalArgumentException if the principal or one of the groups is empty */
    public Identity {
        groups = Set.copyOf(groups);
        if (principal != null && principal.isEmpty()) {
            throw new IllegalArgumentException("principal: empty (expected: a name)");
        }
        if (groups.contains("")) {
            throw new IllegalArgumentException("group: empty (expected: a name)");
        }
    }

    /**
     * Creates an identity with a principal.
     *
     * @throws IllegalArgumentException if the principal or one of the groups is empty
     */
    public static Identity of(String principal, String... groups) {
        return new Identity(Objects.requireNonNull(principal, "principal"), Set.of(groups));
    }
}
