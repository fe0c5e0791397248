package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.history.HistoryException;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class DurabilityWaitersTest {

    private final ArrayDeque<Runnable> userTasks = new ArrayDeque<>();
    private final DurabilityWaiters waiters = new DurabilityWaiters(userTasks::add);

    private <T> CompletableFuture<T> whenDurable(long position, T answer) {
        return waiters.whenDurable(position, answer).toCompletableFuture();
    }

    private void runUserTasks() {
        while (!userTasks.isEmpty()) {
            userTasks.remove().run();
        }
    }

    @Test
    void aDurablePositionNeedsNoWait() {
        waiters.onDurable(5);
        assertThat(whenDurable(5, "five")).isCompletedWithValue("five");
        assertThat(userTasks).isEmpty();
    }

    @Test
    void stagesCompleteOnTheUserExecutorWhenTheirPositionIsDurable() {
        CompletableFuture<String> one = whenDurable(1, "one");
        CompletableFuture<String> two = whenDurable(2, "two");
        CompletableFuture<String> three = whenDurable(3, "three");
        waiters.onDurable(2);
        assertThat(one).as("on the writer's thread").isNotDone();
        runUserTasks();
        assertThat(one).isCompletedWithValue("one");
        assertThat(two).isCompletedWithValue("two");
        assertThat(three).isNotDone();
        waiters.onDurable(3);
        runUserTasks();
        assertThat(three).isCompletedWithValue("three");
    }

    @Test
    void aFailureFailsAllWaitsIncludingLaterOnes() {
        CompletableFuture<String> waiting = whenDurable(1, "one");
        HistoryException failure = new HistoryException("a test makes it fail", null);
        assertThat(waiters.failure()).isNull();
        waiters.fail(failure);
        assertThat(waiters.failure()).isSameAs(failure);
        assertThat(waiting).as("until it is handed over").isNotDone();
        CompletableFuture<String> later = whenDurable(2, "two");
        assertThatThrownBy(later::join).isInstanceOf(CompletionException.class).hasCause(failure);
        waiters.failRemaining();
        assertThat(waiting).as("on the writer's thread").isNotDone();
        runUserTasks();
        assertThatThrownBy(waiting::join)
                .isInstanceOf(CompletionException.class)
                .hasCause(failure);
        waiters.failRemaining();
        assertThat(userTasks).as("nothing remains").isEmpty();
    }
}
