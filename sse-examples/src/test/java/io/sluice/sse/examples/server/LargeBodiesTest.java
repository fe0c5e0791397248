package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.netty.HttpStatusException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The bound on large requests that wait. */
class LargeBodiesTest {

    @Test
    void whatWaitsIsBoundedAndMakesRoomWhenItHasRun() throws Exception {
        LargeBodies bodies = new LargeBodies();
        CountDownLatch release = new CountDownLatch(1);
        int half = (int) (LargeBodies.MOST_WAITING_BYTES / 2);
        CompletionStage<String> first = bodies.work(half, () -> {
            try {
                release.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return CompletableFuture.completedStage("first");
        });
        CompletionStage<String> second = bodies.work(half, () -> CompletableFuture.completedStage("second"));
        assertThatThrownBy(() -> bodies.work(2, () -> CompletableFuture.completedStage("third")))
                .isInstanceOf(HttpStatusException.class)
                .hasMessageContaining("large requests wait");
        release.countDown();
        assertThat(first.toCompletableFuture().get(40, TimeUnit.SECONDS)).isEqualTo("first");
        assertThat(second.toCompletableFuture().get(40, TimeUnit.SECONDS)).isEqualTo("second");
        CompletionStage<String> third = bodies.work(2, () -> CompletableFuture.completedStage("third"));
        assertThat(third.toCompletableFuture().get(40, TimeUnit.SECONDS)).isEqualTo("third");
    }
}
