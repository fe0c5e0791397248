package io.sluice.sse.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import io.sluice.sse.backplane.Backplane;
import io.sluice.sse.backplane.BackplaneException;
import io.sluice.sse.topic.Publication;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A hub that fails while it takes over what was read: its clients get a gap, and its publishers an outcome. */
class RedisReceiverTest {

    private static final AtomicInteger HUBS = new AtomicInteger();
    private static RedisServer redis;

    @BeforeAll
    static void start() throws Exception {
        redis = RedisServer.redis();
    }

    @AfterAll
    static void stop() throws Exception {
        if (redis != null) {
            redis.close();
        }
    }

    /** Fails at the first event. */
    private static final class FailingReceiver implements Backplane.Receiver {

        private final Supplier<Throwable> failure;
        private final List<Long> lost = Collections.synchronizedList(new ArrayList<>());
        private final List<Backplane.Entry> received = Collections.synchronizedList(new ArrayList<>());
        private volatile boolean hasFailed;
        private volatile long failedAt;

        FailingReceiver(Supplier<Throwable> failure) {
            this.failure = failure;
        }

        @Override
        public void begin(long epoch, long position, long timeMillis) {}

        @Override
        public int received(List<Backplane.Entry> entries, long upTo) {
            if (!hasFailed && !entries.isEmpty()) {
                hasFailed = true;
                failedAt = upTo;
                Throwable thrown = failure.get();
                if (thrown instanceof Error error) {
                    throw error;
                }
                throw (RuntimeException) thrown;
            }
            received.addAll(entries);
            return 0;
        }

        @Override
        public void lost(long upTo) {
            lost.add(upTo);
        }
    }

    private static CompletableFuture<BackplaneException> append(Backplane backplane, String data) {
        CompletableFuture<BackplaneException> failure = new CompletableFuture<>();
        backplane.append(new Backplane.Change.Events(List.of(new Publication("t", Event.of(data)))), failure::complete);
        return failure;
    }

    private static void check(Supplier<Throwable> failure) throws Exception {
        FailingReceiver receiver = new FailingReceiver(failure);
        try (RedisBackplane backplane = RedisBackplane.builder(redis.uri(), "receiver" + HUBS.incrementAndGet())
                .build()) {
            backplane.open(receiver, 1);
            assertThat(append(backplane, "one").get(20, TimeUnit.SECONDS).isOutcomeUnknown())
                    .isTrue();
            assertThat(receiver.lost).containsExactly(receiver.failedAt);
            Awaitility.await("Redis is back")
                    .pollInterval(java.time.Duration.ofMillis(5))
                    .until(() -> backplane.status().unavailable() == null
                            && backplane.status().gaps() == 1);
            Awaitility.await("a later event").until(() -> {
                append(backplane, "two");
                return !receiver.received.isEmpty();
            });
        }
    }

    @Test
    void aHubThatThrowsAnExceptionLosesNothingSilently() throws Exception {
        check(() -> new IllegalStateException("broken"));
    }

    @Test
    void aThreadWithoutMemoryGoesOn() throws Exception {
        check(() -> new OutOfMemoryError("in a test"));
    }
}
