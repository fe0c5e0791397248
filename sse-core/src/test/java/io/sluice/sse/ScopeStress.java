package io.sluice.sse;

import io.sluice.sse.Scope.Registration;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;
import org.openjdk.jcstress.infra.results.L_Result;

/**
 * A scope closes once, with the first reason. Resources registered meanwhile are closed exactly once, and nothing stays
 * in the ledger. The home runs everything on the caller's thread, so as much as possible happens at the same time.
 *
 * <p>This test does not detect within a second a scope that checks outside its lock whether it is closed before it
 * links a new child.
 */
public final class ScopeStress {

    private ScopeStress() {}

    static class Home implements Scope.Owner {
        final Ledger ledger = new Ledger();
        final AtomicInteger timers = new AtomicInteger();

        @Override
        public void runOnOwner(Runnable work) {
            work.run();
        }

        @Override
        public void runUserCode(Runnable work) {
            work.run();
        }

        @Override
        public Runnable schedule(Runnable task, long delayNanos) {
            timers.incrementAndGet();
            CompletableFuture<Void> once = new CompletableFuture<>();
            return () -> {
                if (once.complete(null)) {
                    timers.decrementAndGet();
                }
            };
        }

        @Override
        public Ledger ledger() {
            return ledger;
        }
    }

    abstract static class Scopes {
        final Home home = new Home();
        final Scope scope = Scope.root(home);
        final AtomicInteger closed = new AtomicInteger();

        /** How often the registered resource was closed, or what is left of it. */
        final String settled() {
            CompletableFuture<CloseReason> end = scope.closed().toCompletableFuture();
            if (!end.isDone() || end.join() != scope.reason()) {
                return "the end is " + end + ", the reason " + scope.reason();
            }
            if (!home.ledger.isZero() || home.timers.get() != 0) {
                return home.ledger + " left, timers: " + home.timers;
            }
            return Integer.toString(closed.get());
        }
    }

    /** Two threads close with different reasons: one reason wins, and the listener receives it once. */
    @JCStressTest
    @Outcome(id = "1, reset", expect = Expect.ACCEPTABLE, desc = "one first")
    @Outcome(id = "1, client-left", expect = Expect.ACCEPTABLE, desc = "the other first")
    @State
    public static class TwoReasons extends Scopes {
        private volatile CloseReason received;

        public TwoReasons() {
            scope.onClose(reason -> {
                received = reason;
                closed.incrementAndGet();
            });
        }

        @Actor
        public void one() {
            scope.close(CloseReason.RESET);
        }

        @Actor
        public void two() {
            scope.close(CloseReason.CLIENT_LEFT);
        }

        @Arbiter
        public void settle(LL_Result r) {
            r.r1 = settled();
            r.r2 = received == scope.reason() ? received : received + " was received, the reason is " + scope.reason();
        }
    }

    /** A resource, a listener and a step, registered while the scope closes. */
    @JCStressTest
    @Outcome(id = "3", expect = Expect.ACCEPTABLE, desc = "each closed once")
    @State
    public static class Register extends Scopes {
        @Actor
        public void owner() {
            scope.own(closed::incrementAndGet);
            scope.onClose(reason -> closed.incrementAndGet());
            scope.onStep(Scope.CloseStep.SOURCE, reason -> closed.incrementAndGet());
        }

        @Actor
        public void close() {
            scope.close(CloseReason.RESET);
        }

        @Arbiter
        public void settle(L_Result r) {
            r.r1 = settled();
        }
    }

    /** A listener is removed while the scope closes: it is notified or not, and the ledger is decremented once. */
    @JCStressTest
    @Outcome(
            id = {"0", "1"},
            expect = Expect.ACCEPTABLE,
            desc = "at most once")
    @State
    public static class TakeBack extends Scopes {
        private final Registration registration = scope.onClose(reason -> closed.incrementAndGet());

        @Actor
        public void owner() {
            registration.cancel();
        }

        @Actor
        public void close() {
            scope.close(CloseReason.RESET);
        }

        @Arbiter
        public void settle(L_Result r) {
            r.r1 = settled();
        }
    }

    /** A task is scheduled while the scope closes: no timer is left. */
    @JCStressTest
    @Outcome(id = "0", expect = Expect.ACCEPTABLE, desc = "no timer is left")
    @State
    public static class Schedule extends Scopes {
        @Actor
        public void owner() {
            scope.every(Duration.ofSeconds(1), closed::incrementAndGet);
        }

        @Actor
        public void close() {
            scope.close(CloseReason.RESET);
        }

        @Arbiter
        public void settle(L_Result r) {
            r.r1 = settled();
        }
    }

    /** A child is created, and owns something, while the parent closes. */
    @JCStressTest
    @Outcome(id = "1, reset", expect = Expect.ACCEPTABLE, desc = "the child's resource is closed once")
    @State
    public static class MakeAChild extends Scopes {
        private Scope child;

        @Actor
        public void owner() {
            child = scope.child(home);
            child.own(closed::incrementAndGet);
        }

        @Actor
        public void close() {
            scope.close(CloseReason.RESET);
        }

        @Arbiter
        public void settle(LL_Result r) {
            r.r1 = settled();
            CompletableFuture<CloseReason> end = child.closed().toCompletableFuture();
            r.r2 = end.isDone() ? end.join() : "the child is open";
        }
    }

    /** Parent and child close concurrently: each closes once, and the child's steps run before the parent's. */
    @JCStressTest
    @Outcome(
            id = {"3, reset", "3, client-left"},
            expect = Expect.ACCEPTABLE,
            desc = "each once, the child first")
    @State
    public static class ParentAndChild extends Scopes {
        private final Scope child = scope.child(home);
        private volatile String wrong = "";

        public ParentAndChild() {
            child.own(closed::incrementAndGet);
            child.onClose(reason -> closed.incrementAndGet());
            scope.own(() -> {
                if (closed.incrementAndGet() == 1) {
                    wrong = "the parent went first, ";
                }
            });
        }

        @Actor
        public void parent() {
            scope.close(CloseReason.RESET);
        }

        @Actor
        public void child() {
            child.close(CloseReason.CLIENT_LEFT);
        }

        @Arbiter
        public void settle(LL_Result r) {
            r.r1 = wrong + settled();
            r.r2 = child.closed().toCompletableFuture().getNow(null);
        }
    }
}
