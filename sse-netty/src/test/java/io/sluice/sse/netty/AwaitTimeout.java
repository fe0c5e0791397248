package io.sluice.sse.netty;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.Extension;

/**
 * Sets the default timeout of a wait in a test. It is far longer than any machine needs, since only a failing test
 * waits for all of it. JUnit finds it through {@code META-INF/services}, as it does {@link LeakGuard}.
 */
public final class AwaitTimeout implements Extension {

    static final Duration LONG = Duration.ofSeconds(40);

    /** Called by JUnit. */
    public AwaitTimeout() {
        Awaitility.setDefaultTimeout(LONG);
    }
}
