package io.sluice.sse.benchmarks.soak;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One connection of a churn, which ends as it is told. Confined to its event loop. */
final class ChurnClient extends StreamReader {

    private static final String HALF = "GET /events/quiet HTTP/1.1\r\nHost: loc";
    private static final long A_MOMENT_MILLIS = 100;

    private final ChurnLoad load;
    private final Ending ending;
    private final long variant;
    private @Nullable Future<?> patience;

    ChurnClient(ChurnLoad load, Ending ending, long variant) {
        super(ending.target);
        this.load = load;
        this.ending = ending;
        this.variant = variant;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        Channel channel = ctx.channel();
        if (ending.opensStream()) {
            patience = channel.eventLoop()
                    .schedule(
                            () -> {
                                load.leftUnanswered();
                                Clients.reset(channel);
                            },
                            ChurnLoad.PATIENCE_SECONDS,
                            TimeUnit.SECONDS);
            super.channelActive(ctx);
        } else if (ending == Ending.HALF_REQUEST) {
            ctx.writeAndFlush(Clients.ascii(HALF)).addListener(sent -> endEarly(channel));
        } else {
            endEarly(channel);
        }
    }

    /** Without waiting for an answer. */
    private void endEarly(Channel channel) {
        switch ((int) (variant % 3)) {
            case 0 -> Clients.reset(channel);
            case 1 ->
                channel.eventLoop().schedule(() -> Clients.reset(channel), A_MOMENT_MILLIS, TimeUnit.MILLISECONDS);
            default -> finish(channel);
        }
    }

    /** A FIN; the server's answer to it, if any, is read, and its own end awaited. */
    private void finish(Channel channel) {
        ((SocketChannel) channel).shutdownOutput().addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
        patience = channel.eventLoop()
                .schedule(
                        () -> {
                            load.leftUnanswered();
                            Clients.reset(channel);
                        },
                        ChurnLoad.PATIENCE_SECONDS,
                        TimeUnit.SECONDS);
    }

    @Override
    void opened(Channel channel) {
        cancelPatience();
        load.opened();
        switch (ending) {
            case FIN -> finish(channel);
            case SILENCE -> {
                Clients.goSilent(channel);
                load.silenced(channel);
            }
            case DURING_REPLAY, DURING_WRITE -> {
                channel.config().setOption(ChannelOption.AUTO_READ, false);
                channel.eventLoop()
                        .schedule(() -> Clients.reset(channel), ending.lingerMillis(), TimeUnit.MILLISECONDS);
            }
            default -> Clients.reset(channel);
        }
    }

    private void cancelPatience() {
        if (patience != null) {
            patience.cancel(false);
            patience = null;
        }
    }

    @Override
    void ended(Channel channel) {
        cancelPatience();
    }
}
