package io.sluice.sse.netty;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Lets tests poll more often than ten times a second, since most conditions hold within a millisecond.
 * JUnit finds it in the same way as {@link LeakGuard}.
 */
public final class AwaitOften implements BeforeAllCallback {

    /** Called by JUnit. */
    public AwaitOften() {}

    @Override
    public void beforeAll(ExtensionContext context) {
        Awaitility.setDefaultPollInterval(Duration.ofMillis(10));
    }
}
