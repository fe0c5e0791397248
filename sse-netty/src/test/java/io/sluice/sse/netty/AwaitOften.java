package io.sluice.sse.netty;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Lets tests look more often than ten times a second at what they wait for: most of it comes within a millisecond.
 * JUnit finds it as it finds {@link LeakGuard}.
 */
public final class AwaitOften implements BeforeAllCallback {

    /** Called by JUnit. */
    public AwaitOften() {}

    @Override
    public void beforeAll(ExtensionContext context) {
        Awaitility.setDefaultPollInterval(Duration.ofMillis(10));
    }
}
