package io.sluice.sse;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One registration on a scope: an action in one step of its close. Compared by identity, so that equal actions can be
 * registered twice.
 */
final class ScopeEntry {

    final Scope.CloseStep step;
    final Consumer<CloseReason> action;
    private final Ledger.@Nullable Kind kind;

    /** @param kind the ledger kind that it counts as while it is registered, or null */
    ScopeEntry(Scope.CloseStep step, Ledger.@Nullable Kind kind, Consumer<CloseReason> action) {
        this.step = step;
        this.kind = kind;
        this.action = action;
    }

    /** The name of this action in failure reports. */
    String description() {
        return switch (step) {
            case LISTENERS -> "close listener";
            case RESOURCES -> "close of a resource";
            default -> "action at the end of a scope";
        };
    }

    void count(Scope.Owner owner, int amount) {
        if (kind != null) {
            owner.ledger().add(kind, amount);
        }
    }
}
