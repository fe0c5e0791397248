package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.util.concurrent.AbstractScheduledEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.socket.TransportBackend;
import io.sluice.sse.topic.SinkInfo;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Delayed;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** Servers on loopback and port 0, and checks for the time after their clients have left. */
final class TestServers {

    private TestServers() {}

    /**
     * Options of a server over this transport. Without the transport the test is skipped with a message, or fails where
     * skips are forbidden.
     */
    static SseServerBuilder on(Transport transport) {
        requireAvailable(transport);
        return SseServer.builder().port(0).threads(2).transport(transport).drain(Duration.ofMillis(50));
    }

    private static void requireAvailable(Transport transport) {
        for (TransportBackend candidate : TransportBackend.values()) {
            Throwable whyNot = candidate == transport.backend() ? candidate.unavailabilityCause() : null;
            if (whyNot != null) {
                String message = "SKIPPED: transport " + transport + " is not available here: " + whyNot;
                if (System.getenv("SLUICE_FORBID_SKIPS") != null) {
                    throw new AssertionError(message, whyNot);
                }
                System.err.println(message);
                Assumptions.abort(message);
            }
        }
    }

    static void awaitNothingOwned(Hub hub) {
        await("the ledger at zero")
                .untilAsserted(() -> assertThat(hub.ledger().counts())
                        .allSatisfy((kind, count) ->
                                assertThat(count).as(kind.name()).isZero()));
    }

    static void awaitNothingScheduled(SseServer server) {
        await("no scheduled task").untilAsserted(() -> {
            for (EventExecutor loop : server.loops()) {
                assertThat(scheduledTasks(loop)).as("scheduled on " + loop).isEmpty();
            }
        });
    }

    /** The timers of Netty itself, read on the loop, since the queue is confined to it. */
    private static List<Object> scheduledTasks(EventExecutor loop) {
        return loop.submit(() -> {
                    Field queue = AbstractScheduledEventExecutor.class.getDeclaredField("scheduledTaskQueue");
                    queue.setAccessible(true);
                    Object tasks = queue.get(loop);
                    List<Object> described = new ArrayList<>();
                    for (Object task : tasks == null ? List.of() : (Collection<?>) tasks) {
                        described.add(describe(task));
                    }
                    return described;
                })
                .syncUninterruptibly()
                .getNow();
    }

    /** The time that is left, and what would run. */
    private static String describe(Object scheduled) throws ReflectiveOperationException {
        Field task =
                Objects.requireNonNull(scheduled.getClass().getSuperclass()).getDeclaredField("task");
        task.setAccessible(true);
        Object runs = task.get(scheduled);
        return "in " + ((Delayed) scheduled).getDelay(TimeUnit.MILLISECONDS) + " ms: " + runs;
    }

    static List<String> sluiceThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("sluice"))
                .toList();
    }

    static int openDescriptors() {
        String[] names = Objects.requireNonNull(new java.io.File("/proc/self/fd").list());
        return names.length;
    }

    /** Describes all open clients. */
    static List<SinkInfo> sinks(Hub hub) {
        return hub.sinks(null, Integer.MAX_VALUE).toCompletableFuture().join();
    }
}
