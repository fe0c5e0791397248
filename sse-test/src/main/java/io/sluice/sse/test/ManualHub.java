package io.sluice.sse.test;

import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.hub.TransportAccess;
import io.sluice.sse.hub.lane.HubLane;
import io.sluice.sse.hub.lane.LaneOptions;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A hub with one lane that a test controls, for one {@link RecordingSink}. Used by the thread of the test only.
 */
final class ManualHub {

    private static final int MAX_STEPS = 2_000;
    private static final Duration AWAIT_TIMEOUT = Duration.ofSeconds(30);
    /** A condition may come true without a task of the lane, so it is checked at least this often. */
    private static final Duration AWAIT_PERIOD = Duration.ofMillis(10);

    final ManualLane lane = new ManualLane();
    final HubLane hubLane;
    private final Hub hub;
    private final boolean ownsHub;
    /** Null if user code runs on threads. */
    private final @Nullable ManualExecutor userCode;

    private final MemoryFramer framer;

    private ManualHub(Hub hub, boolean ownsHub, @Nullable ManualExecutor userCode, LaneOptions options) {
        this.hub = hub;
        this.ownsHub = ownsHub;
        this.userCode = userCode;
        framer = new MemoryFramer(lane, hub.ledger());
        hubLane = TransportAccess.of(hub).join(lane, framer, options);
    }

    /** A new hub, which is closed together with the lane. */
    static ManualHub create(HubBuilder builder, LaneOptions options, boolean onThreads) {
        ManualExecutor userCode = onThreads ? null : new ManualExecutor();
        if (userCode != null) {
            builder.userExecutor(userCode);
        }
        return new ManualHub(builder.build(), true, userCode, options);
    }

    /** A lane of a hub that belongs to the test. */
    static ManualHub joinTo(Hub hub) {
        return new ManualHub(hub, false, null, RecordingSink.QUIET);
    }

    /** Runs lane and user code until nothing waits. Does nothing inside such a run. */
    void run() {
        if (lane.inLane()) {
            return;
        }
        for (int i = 0; lane.runOne() || (userCode != null && userCode.runOne()); i++) {
            if (i == MAX_STEPS) {
                throw new AssertionError(MAX_STEPS + " tasks have run, and there is still one: a source that sends as"
                        + " long as the sink is writable needs a client that stalls");
            }
        }
    }

    void advance(Duration time) {
        lane.advance(time, this::run);
    }

    void await(BooleanSupplier condition, Supplier<String> what) {
        long deadline = System.nanoTime() + AWAIT_TIMEOUT.toNanos();
        for (run(); !condition.getAsBoolean(); run()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError(what.get() + ": the condition does not hold after " + AWAIT_TIMEOUT);
            }
            try {
                lane.awaitTask(AWAIT_PERIOD);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(what.get() + ": interrupted while waiting", e);
            }
        }
    }

    /** After the sink has closed: leaves the hub and checks that nothing is left. */
    void close() {
        if (ownsHub) {
            hub.close();
            run();
            if (userCode == null) {
                await(() -> hub.ledger().isZero(), () -> "ledger " + hub.ledger());
            } else if (!hub.ledger().isZero()) {
                throw new AssertionError("the client has left, and the ledger still reads " + hub.ledger());
            }
        }
        TransportAccess.of(hub).leave(hubLane);
        if (lane.timers() > 0) {
            throw new AssertionError("the client has left, and " + lane.timers() + " timers are still scheduled");
        }
        framer.assertAllReleased();
    }
}
