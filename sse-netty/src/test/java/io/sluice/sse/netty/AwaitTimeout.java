package io.sluice.sse.netty;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.Extension;

/**
 * How long a test awaits what says nothing else: far longer than it takes anywhere, since only a failure waits to the
 * end. JUnit finds it through {@code META-INF/services}, as it does {@link LeakGuard}.
 */
public final class AwaitTimeout implements Extension {

    static final Duration LONG = Duration.ofSeconds(40);

    /** Called by JUnit. */
    public AwaitTimeout() {
        Awaitility.setDefaultTimeout(LONG);
    }
}
