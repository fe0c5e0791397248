package io.sluice.sse.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.RejectedExecutionHandlers;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EventLoopLaneTest {

    /** Netty has no smaller task queue. */
    private static final int PLACES = 2048;

    /** How often the loop has handled its I/O. */
    private final AtomicInteger looks = new AtomicInteger();

    private final Group group = new Group();
    private final EventLoop loop = group.next();
    private final EventLoopLane lane = new EventLoopLane(loop);

    private final class Group extends MultiThreadIoEventLoopGroup {
        Group() {
            super(1, NioIoHandler.newFactory());
        }

        @Override
        protected IoEventLoop newChild(Executor executor, IoHandlerFactory handlers, Object... args) {
            return new SingleThreadIoEventLoop(
                    this, executor, handlers, PLACES, RejectedExecutionHandlers.reject(), 1) {
                @Override
                protected int runIo() {
                    looks.incrementAndGet();
                    return super.runIo();
                }
            };
        }
    }

    @AfterEach
    void end() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    @Test
    void aYieldedPassRunsAfterAllTasksAndTheTasksThatTheyAdd() throws Exception {
        List<String> order = new CopyOnWriteArrayList<>();
        CompletableFuture<Void> done = new CompletableFuture<>();
        loop.execute(() -> {
            lane.yield(() -> {
                order.add("yielded");
                done.complete(null);
            });
            loop.execute(() -> {
                order.add("waited");
                loop.execute(() -> order.add("added by it"));
            });
        });
        done.get(30, TimeUnit.SECONDS);
        assertThat(order).containsExactly("waited", "added by it", "yielded");
    }

    @Test
    void theLoopHandlesIoBetweenTwoSlices() throws Exception {
        CompletableFuture<Integer> done = new CompletableFuture<>();
        Runnable slices = new Runnable() {
            private int left = 1_000;
            private int looksBefore;
            private int withoutLook;

            @Override
            public void run() {
                withoutLook += looks.get() == looksBefore ? 1 : 0;
                looksBefore = looks.get();
                if (--left == 0) {
                    done.complete(withoutLook);
                } else {
                    lane.yield(this);
                }
            }
        };
        lane.execute(slices);
        assertThat(done.get(30, TimeUnit.SECONDS)).isZero();
    }

    /** Models an overloaded loop with a small task queue ({@code io.netty.eventLoop.maxPendingTasks}). */
    @Test
    void aPassThatYieldsOnAFullLoopIsNotForgotten() throws Exception {
        CompletableFuture<Void> done = new CompletableFuture<>();
        loop.execute(() -> {
            int until = looks.get() + 5;
            Runnable busy = new Runnable() {
                @Override
                public void run() {
                    if (looks.get() < until) {
                        loop.execute(this);
                    }
                }
            };
            assertThat(fill(busy)).isPositive();
            lane.yield(() -> done.complete(null));
        });
        done.get(30, TimeUnit.SECONDS);
    }

    /** @return how many tasks the queue accepted */
    private int fill(Runnable task) {
        for (int count = 0; ; count++) {
            try {
                loop.execute(task);
            } catch (RejectedExecutionException e) {
                return count;
            }
        }
    }
}
