package io.sluice.sse;

/** Something registered on a {@link Scope} that can be taken back before the scope closes. Thread-safe. */
@FunctionalInterface
public interface Registration {

    /** Takes it back. Has no effect when it was taken back before or the scope has closed. */
    void cancel();
}
