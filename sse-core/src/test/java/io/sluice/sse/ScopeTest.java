package io.sluice.sse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.sluice.sse.Scope.Registration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ScopeTest {

    /** Runs everything on the calling thread; timers wait for the test. */
    private static class Home implements Scope.Owner {
        final Ledger ledger = new Ledger();
        final List<String> calls = new ArrayList<>();
        final List<Runnable> timers = new ArrayList<>();
        final List<Runnable> waiting = new ArrayList<>();
        boolean ended;
        boolean slowUser;
        RuntimeException userFails;

        @Override
        public void runOnOwner(Runnable work) {
            if (ended) {
                throw new RejectedExecutionException("ended");
            }
            work.run();
        }

        @Override
        public void runUserCode(Runnable work) {
            if (userFails != null) {
                throw userFails;
            }
            if (slowUser) {
                waiting.add(work);
            } else {
                work.run();
            }
        }

        @Override
        public Runnable schedule(Runnable task, long delayNanos) {
            timers.add(task);
            return () -> timers.remove(task);
        }

        @Override
        public Ledger ledger() {
            return ledger;
        }

        @Override
        public synchronized void closing(Scope.CloseStep step, CloseReason reason) {
            calls.add(step.toString());
        }
    }

    @Test
    void closeStepsRunInOrderWhateverThrows() {
        Home home = new Home() {
            @Override
            public synchronized void closing(Scope.CloseStep step, CloseReason reason) {
                super.closing(step, reason);
                throw new IllegalStateException("thrown by the test");
            }
        };
        Scope scope = Scope.root(home);
        for (Scope.CloseStep step : Scope.CloseStep.values()) {
            scope.onStep(step, reason -> {
                home.calls.add(step + " registered");
                throw new IllegalStateException("thrown by the test");
            });
        }
        scope.own(() -> home.calls.add("resource"));
        scope.onClose(reason -> {
            throw new IllegalStateException("thrown by the test");
        });
        assertThat(scope.close(CloseReason.RESET).toCompletableFuture()).isCompletedWithValue(CloseReason.RESET);
        assertThat(home.calls)
                .containsExactly(
                        "SOURCE",
                        "SOURCE registered",
                        "TASKS",
                        "TASKS registered",
                        "SUBSCRIPTIONS",
                        "SUBSCRIPTIONS registered",
                        "RESOURCES",
                        "resource",
                        "RESOURCES registered",
                        "LISTENERS",
                        "LISTENERS registered",
                        "COUNT",
                        "COUNT registered");
        assertThat(home.ledger.isZero()).isTrue();
    }

    @Test
    void aUserExecutorThatThrowsDoesNotPreventTheClose() {
        for (RuntimeException failure : List.of(new RejectedExecutionException(), new IllegalStateException())) {
            Home home = new Home();
            home.userFails = failure;
            Scope scope = Scope.root(home);
            scope.onClose(reason -> home.calls.add("listener"));
            assertThat(scope.close(CloseReason.RESET).toCompletableFuture()).isCompleted();
            assertThat(home.calls).contains("listener").endsWith("COUNT");
            assertThat(home.ledger.isZero()).isTrue();
        }
    }

    @Test
    void theFirstReasonWinsAndListenersAreNotifiedOnce() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(16);
        try {
            for (int round = 0; round < 300; round++) {
                Scope scope = Scope.root(new Home());
                AtomicInteger calls = new AtomicInteger();
                List<CloseReason> reasons = new ArrayList<>();
                scope.onClose(reason -> {
                    calls.incrementAndGet();
                    reasons.add(reason);
                });
                CountDownLatch start = new CountDownLatch(1);
                CountDownLatch done = new CountDownLatch(16);
                for (int i = 0; i < 16; i++) {
                    CloseReason mine = CloseReason.values()[i % CloseReason.values().length];
                    pool.execute(() -> {
                        try {
                            start.await();
                        } catch (InterruptedException e) {
                            throw new AssertionError(e);
                        }
                        scope.close(mine);
                        done.countDown();
                    });
                }
                start.countDown();
                done.await();
                assertThat(calls).hasValue(1);
                assertThat(reasons).containsExactly(scope.reason());
            }
        } finally {
            pool.shutdown();
        }
    }

    @Test
    void childrenCloseFirstAndTheParentWaitsForTheirListeners() {
        Home home = new Home();
        Home childHome = new Home();
        childHome.slowUser = true;
        Scope parent = Scope.root(home);
        Scope child = parent.child(childHome);
        Scope grandchild = child.child();
        grandchild.onClose(reason -> childHome.calls.add("grandchild"));
        child.onClose(reason -> childHome.calls.add("child"));
        child.close(CloseReason.RESET);
        parent.close(CloseReason.SERVER_DRAINING);
        assertThat(parent.closed().toCompletableFuture()).isNotDone();
        while (!childHome.waiting.isEmpty()) {
            childHome.waiting.remove(0).run();
        }
        assertThat(childHome.calls.stream().filter(word -> word.contains("child")))
                .containsExactly("grandchild", "child");
        assertThat(parent.closed().toCompletableFuture()).isCompletedWithValue(CloseReason.SERVER_DRAINING);
        assertThat(child.reason()).isEqualTo(CloseReason.RESET);
        assertThat(parent.child().isClosed()).isTrue();
    }

    @Test
    void callbacksRegisteredOnAClosedScopeRunAtOnceAndAnEndedHomeClosesInPlace() {
        Home home = new Home();
        home.ended = true;
        Scope scope = Scope.root(home);
        assertThat(scope.close(CloseReason.RESET).toCompletableFuture()).isCompleted();
        AtomicInteger closed = new AtomicInteger();
        scope.onClose(reason -> closed.incrementAndGet());
        scope.own(closed::incrementAndGet);
        scope.schedule(Duration.ofSeconds(1), closed::incrementAndGet);
        assertThat(closed).hasValue(2);
        assertThat(home.timers).isEmpty();
        assertThat(home.ledger.isZero()).isTrue();
    }

    @Test
    void aNegativeDelayIsRejected() {
        Scope scope = Scope.root(new Home());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> scope.schedule(Duration.ofMillis(-1), () -> {}))
                .withMessage("delay: PT-0.001S (expected: zero or more)");
    }

    @Test
    void tasksAreCountedAndCancelledWithTheScope() {
        Home home = new Home();
        Scope scope = Scope.root(home);
        AtomicInteger runs = new AtomicInteger();
        scope.schedule(Duration.ofSeconds(1), runs::incrementAndGet);
        scope.every(Duration.ofSeconds(1), () -> {
            runs.incrementAndGet();
            throw new IllegalStateException("thrown by the test");
        });
        Registration cancelled = scope.schedule(Duration.ofSeconds(1), runs::incrementAndGet);
        assertThat(home.ledger.count(Ledger.Kind.TASKS)).isEqualTo(3);
        cancelled.cancel();
        cancelled.cancel();
        assertThat(home.ledger.count(Ledger.Kind.TASKS)).isEqualTo(2);
        for (int i = 0; i < 3; i++) {
            List<Runnable> due = new ArrayList<>(home.timers);
            home.timers.clear();
            due.forEach(Runnable::run);
        }
        assertThat(runs).hasValue(4);
        assertThat(home.ledger.count(Ledger.Kind.TASKS)).isEqualTo(1);
        scope.close(CloseReason.RESET);
        assertThat(home.timers).isEmpty();
        assertThat(home.ledger.isZero()).isTrue();
    }
}
