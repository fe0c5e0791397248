package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EventLoopLaneTest {

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

    @AfterEach
    void end() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    @Test
    void whoYieldsComesBehindAllTasksAndTheTasksThatTheyAdd() throws Exception {
        EventLoop loop = group.next();
        EventLoopLane lane = new EventLoopLane(loop);
        List<String> order = new CopyOnWriteArrayList<>();
        for (String round : List.of("first", "second")) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            order.clear();
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
            assertThat(order).as(round).containsExactly("waited", "added by it", "yielded");
        }
    }

    @Test
    void theSameTaskYieldsAgainAndAgain() throws Exception {
        EventLoopLane lane = new EventLoopLane(group.next());
        CompletableFuture<Void> done = new CompletableFuture<>();
        Runnable slices = new Runnable() {
            private int left = 1_000;

            @Override
            public void run() {
                if (--left == 0) {
                    done.complete(null);
                } else {
                    lane.yield(this);
                }
            }
        };
        lane.execute(slices);
        done.get(30, TimeUnit.SECONDS);
    }
}
