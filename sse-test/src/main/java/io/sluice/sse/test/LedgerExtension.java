package io.sluice.sse.test;

import io.sluice.sse.Ledger;
import io.sluice.sse.hub.Hub;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Checks after each test that clients own nothing any more: the ledgers that the test has named read zero.
 *
 * <pre>{@code
 * @RegisterExtension
 * final LedgerExtension ledgers = new LedgerExtension();
 *
 * @Test
 * void closesEverything() {
 *     Hub hub = ledgers.watch(Hub.create());
 *     …
 * }
 * }</pre>
 *
 * <p>The end of a connection takes a moment, so a ledger may reach zero within a timeout. The test itself closes its
 * clients, or its server. Thread-safe.
 */
public final class LedgerExtension implements AfterEachCallback {

    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);
    private static final long PERIOD_NANOS = 1_000_000;

    private final Duration timeout;
    private final List<Ledger> ledgers = new CopyOnWriteArrayList<>();

    /** An extension with a timeout of 10 seconds. */
    public LedgerExtension() {
        this(DEFAULT_TIMEOUT);
    }

    /**
     * An extension with its own timeout.
     *
     * @param timeout how long the ledgers of a test may take to reach zero, all together; zero checks once
     */
    public LedgerExtension(Duration timeout) {
        this.timeout = Objects.requireNonNull(timeout, "timeout");
    }

    /** Checks this ledger after the test that runs now. @return the ledger */
    public Ledger watch(Ledger ledger) {
        ledgers.add(Objects.requireNonNull(ledger, "ledger"));
        return ledger;
    }

    /** Checks the ledger of this hub after the test that runs now. @return the hub */
    public Hub watch(Hub hub) {
        watch(hub.ledger());
        return hub;
    }

    @Override
    public void afterEach(ExtensionContext context) {
        List<Ledger> watched = List.copyOf(ledgers);
        ledgers.clear();
        long deadline = System.nanoTime() + timeout.toNanos();
        List<Ledger> left = notZero(watched);
        while (!left.isEmpty() && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(PERIOD_NANOS);
            left = notZero(left);
        }
        if (!left.isEmpty()) {
            throw new AssertionError("after " + context.getDisplayName() + " clients still own " + left);
        }
    }

    private static List<Ledger> notZero(List<Ledger> ledgers) {
        return ledgers.stream().filter(ledger -> !ledger.isZero()).toList();
    }
}
