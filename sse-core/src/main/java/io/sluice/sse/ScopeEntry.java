package io.sluice.sse;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What hangs off a scope: an action in one step of its close. Two that are alike are two. */
final class ScopeEntry {

    final CloseStep step;
    final Consumer<CloseReason> action;
    private final Ledger.@Nullable Kind kind;

    /** @param kind what it counts as while it is registered, or null */
    ScopeEntry(CloseStep step, Ledger.@Nullable Kind kind, Consumer<CloseReason> action) {
        this.step = step;
        this.kind = kind;
        this.action = action;
    }

    /** What it is called where it has failed. */
    String what() {
        return switch (step) {
            case LISTENERS -> "close listener";
            case RESOURCES -> "close of a resource";
            default -> "action at the end of a scope";
        };
    }

    void counted(ScopeOwner home, int amount) {
        if (kind != null) {
            home.ledger().add(kind, amount);
        }
    }
}
