package io.sluice.sse;

/**
 * Something that was registered, for example on a {@link Scope}, and that can be removed before its owner closes.
 * Thread-safe.
 */
@FunctionalInterface
public interface Registration {

    /** Removes it. Has no effect if it was removed before or the scope has closed. */
    void cancel();
}
