package io.sluice.sse;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.Extension;

/**
 * Lets tests check their conditions at once and then every few milliseconds. The default of Awaitility is a tenth of a
 * second, and most conditions hold within a millisecond. JUnit finds this class through {@code META-INF/services}.
 */
public final class AwaitOften implements Extension {

    /** Called by JUnit. */
    public AwaitOften() {
        Awaitility.setDefaultPollDelay(Duration.ZERO);
        Awaitility.setDefaultPollInterval(Duration.ofMillis(5));
    }
}
