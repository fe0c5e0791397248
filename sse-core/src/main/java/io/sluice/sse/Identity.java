package io.sluice.sse;

import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who a client is, as the embedding application has found out: a principal, that is a user or a device by its name, and
 * the groups it belongs to. Several sinks can have the same principal: one person with two tabs. Immutable.
 *
 * @param principal a name that the application chose; null for somebody unknown
 * @param groups names that the application chose
 */
public record Identity(@Nullable String principal, Set<String> groups) {

    /** Somebody of whom nothing is known. */
    public static final Identity UNKNOWN = new Identity(null, Set.of());

    /** @throws IllegalArgumentException if the principal is given and empty, or a group is */
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
     * Somebody by name.
     *
     * @throws IllegalArgumentException if the name, or one of the groups, is empty
     */
    public static Identity of(String principal, String... groups) {
        return new Identity(Objects.requireNonNull(principal, "principal"), Set.of(groups));
    }
}
