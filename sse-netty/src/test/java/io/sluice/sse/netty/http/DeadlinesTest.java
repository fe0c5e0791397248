package io.sluice.sse.netty.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DeadlinesTest {

    private static final long NONE = -1;

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private final Deadlines deadlines = new Deadlines(Duration.ofSeconds(10), Duration.ofSeconds(60));
    private final Deadlines.OnLoop here = deadlines.on(channel.eventLoop());
    private final List<Deadlines.Waiter> late = new ArrayList<>();

    DeadlinesTest() {
        channel.freezeTime();
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    private Deadlines.Waiter newWaiter() {
        List<Deadlines.Waiter> self = new ArrayList<>();
        self.add(new Deadlines.Waiter(() -> late.addAll(self)));
        return self.get(0);
    }

    private void pass(long seconds) {
        channel.advanceTimeBy(seconds, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
    }

    private Deadlines.Waiter begin() {
        Deadlines.Waiter waiter = newWaiter();
        here.request().begin(waiter);
        return waiter;
    }

    @Test
    void allWaitersOfOneLoopShareATimer() {
        List<Deadlines.Waiter> all = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            all.add(begin());
            pass(1);
        }
        all.get(0).stopWaiting();
        all.get(2).stopWaiting();
        all.get(4).stopWaiting();
        assertThat(late).isEmpty();
        pass(6); // 11 seconds after the first
        assertThat(late).containsExactly(all.get(1));
        pass(2);
        assertThat(late).containsExactly(all.get(1), all.get(3));
    }

    @Test
    void withoutWaitersNoTimerIsRestarted() {
        begin().stopWaiting();
        pass(10);
        assertThat(channel.runScheduledPendingTasks()).isEqualTo(NONE);
        Deadlines.Waiter again = begin();
        pass(10);
        assertThat(late).containsExactly(again);
    }

    @Test
    void aRestartedWaiterWaitsTheFullTimeAgain() {
        Deadlines.Waiter waiter = begin();
        pass(9);
        here.request().begin(waiter);
        pass(9);
        assertThat(late).isEmpty();
        pass(1);
        assertThat(late).containsExactly(waiter);
        pass(100);
        assertThat(late).hasSize(1);
    }

    @Test
    void aWaiterThatSwitchesToTheOtherDeadlineLeavesThisOne() {
        Deadlines.Waiter waiter = begin();
        here.idle().begin(waiter);
        pass(59);
        assertThat(late).isEmpty();
        pass(1);
        assertThat(late).containsExactly(waiter);
    }

    @Test
    void aFailingWaiterDelaysNoOtherWaiter() {
        here.request().begin(new Deadlines.Waiter(() -> {
            throw new IllegalStateException("a test wants it so");
        }));
        Deadlines.Waiter next = begin();
        pass(10);
        channel.runScheduledPendingTasks();
        assertThat(late).containsExactly(next);
    }

    /** Compares with a plain list of when each waiter expires. */
    @Test
    void randomWaitersExpireExactlyWhenTheyAreDue() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<Deadlines.Waiter> waiters = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            waiters.add(newWaiter());
        }
        TreeMap<Integer, Long> due = new TreeMap<>();
        long now = 0;
        for (int step = 0; step < 5_000; step++) {
            int who = random.nextInt(waiters.size());
            switch (random.nextInt(4)) {
                case 0 -> {
                    here.request().begin(waiters.get(who));
                    due.put(who, now + 10);
                }
                case 1 -> {
                    here.idle().begin(waiters.get(who));
                    due.put(who, now + 60);
                }
                case 2 -> {
                    waiters.get(who).stopWaiting();
                    due.remove(who);
                }
                default -> {
                    int seconds = random.nextInt(12);
                    now += seconds;
                    long until = now;
                    late.clear();
                    pass(seconds);
                    List<Deadlines.Waiter> expected = due.entrySet().stream()
                            .filter(entry -> entry.getValue() <= until)
                            .map(entry -> waiters.get(entry.getKey()))
                            .toList();
                    assertThat(late).as("seed %d, step %d", seed, step).containsExactlyInAnyOrderElementsOf(expected);
                    due.values().removeIf(at -> at <= until);
                }
            }
        }
    }
}
