package io.sluice.sse.benchmarks.soak;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One connection of a churn, which ends in the given way. Confined to its event loop. */
final class ChurnClient extends StreamReader {

    private static final String HALF = "GET /events/quiet HTTP/1.1\r\nHost: loc";
    private static final long SHORT_DELAY_MILLIS = 100;

    private final ChurnLoad load;
    private final Ending ending;
    private final long variant;
    private @Nullable Future<?> timeout;

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
            timeout = channel.eventLoop()
                    .schedule(
                            () -> {
                                load.leftUnanswered();
                                Clients.reset(channel);
                            },
                            ChurnLoad.TIMEOUT_SECONDS,
                            TimeUnit.SECONDS);
            super.channelActive(ctx);
        } else if (ending == Ending.HALF_REQUEST) {
            ctx.writeAndFlush(Clients.ascii(HALF)).addListener(sent -> endEarly(channel));
        } else {
            endEarly(channel);
        }
    }

    /** Ends the connection without waiting for a response. */
    private void endEarly(Channel channel) {
        switch ((int) (variant % 3)) {
            case 0 -> Clients.reset(channel);
            case 1 ->
                channel.eventLoop().schedule(() -> Clients.reset(channel), SHORT_DELAY_MILLIS, TimeUnit.MILLISECONDS);
            default -> finish(channel);
        }
    }

    /** Sends a FIN, reads the server's response, if any, and waits until the server closes the connection. */
    private void finish(Channel channel) {
        ((SocketChannel) channel).shutdownOutput().addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
        timeout = channel.eventLoop()
                .schedule(
                        () -> {
                            load.leftUnanswered();
                            Clients.reset(channel);
                        },
                        ChurnLoad.TIMEOUT_SECONDS,
                        TimeUnit.SECONDS);
    }

    @Override
    void opened(Channel channel) {
        cancelTimeout();
        load.opened();
        switch (ending) {
            case FIN -> finish(channel);
            case SILENCE -> {
                Clients.goSilent(channel);
                load.silenced(channel);
            }
            case DURING_REPLAY, DURING_WRITE -> {
                channel.config().setOption(ChannelOption.AUTO_READ, false);
                channel.eventLoop().schedule(() -> Clients.reset(channel), ending.delayMillis(), TimeUnit.MILLISECONDS);
            }
            default -> Clients.reset(channel);
        }
    }

    private void cancelTimeout() {
        if (timeout != null) {
            timeout.cancel(false);
            timeout = null;
        }
    }

    @Override
    void ended(Channel channel) {
        cancelTimeout();
    }
}
