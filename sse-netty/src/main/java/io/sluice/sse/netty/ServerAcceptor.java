package io.sluice.sse.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.sluice.sse.Ledger;
import io.sluice.sse.RejectionCounts;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts connections as they are accepted, and closes at once those above the maximum. When accepting fails, since no
 * descriptor is free, say, it rests for a moment: the kernel would report the same connection again without end.
 *
 * <p>While many newcomers have not said yet what they want, the next ones wait in the kernel: a crowd that connects at once would
 * stand before everything else that is ready. It is no limit: after a few milliseconds the next are accepted whatever
 * the others do, and for a while nobody looks at these, so that those who connect and say nothing keep nobody away.
 *
 * <p>Stands in the listening channel's pipeline. Confined to its event loop, but for the count.
 */
final class ServerAcceptor extends ChannelInboundHandlerAdapter {

    private static final Logger log = LoggerFactory.getLogger(ServerAcceptor.class);
    private static final long REST_MILLIS = 1_000;

    /** How many newcomers of an event loop may stand before the next: as many as it looks after in one turn. */
    static final int NEWCOMERS_PER_LOOP = TransportBackend.READY_AT_ONCE;

    private static final long LOOK_MILLIS = 1;
    /** Looks at newcomers who settle down slowly before some more are accepted: for longer than a pass writes, which holds them up. */
    static final int MOST_LOOKS = 12;
    /** How long newcomers are accepted without a look behind some who have not settled down. */
    private static final long UNHEEDED_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private static final long WARNING_NANOS = RejectionLog.WINDOW_NANOS;

    private final int most;
    private final Set<Channel> connections;
    private final PendingConnections newcomers;
    private final int mostNewcomers;
    private final Ledger ledger;
    private final RejectionLog refusals;
    /** One listener for all connections: what a connection costs when idle is counted in bytes. */
    private final ChannelFutureListener uncount;

    private boolean resting;
    private boolean paused;
    private int looks;
    private boolean unheeded;
    private long unheededSinceNanos;
    private long failures;
    private long warnedNanos = System.nanoTime() - WARNING_NANOS;

    ServerAcceptor(
            int most,
            Set<Channel> connections,
            PendingConnections newcomers,
            int mostNewcomers,
            Ledger ledger,
            RejectionLog refusals) {
        this.most = most;
        this.connections = connections;
        this.newcomers = newcomers;
        this.mostNewcomers = mostNewcomers;
        this.ledger = ledger;
        this.refusals = refusals;
        this.uncount = closed -> {
            connections.remove(closed.channel());
            ledger.add(Ledger.Kind.CONNECTIONS, -1);
        };
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        Channel connection = (Channel) message;
        if (connections.size() >= most) {
            refusals.refused(RejectionCounts.Kind.CONNECTIONS, connection.remoteAddress());
            connection.unsafe().closeForcibly(); // it has no event loop yet
            return;
        }
        ledger.add(Ledger.Kind.CONNECTIONS, 1);
        connections.add(connection);
        connection.closeFuture().addListener(uncount);
        ctx.fireChannelRead(connection);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (!paused && newcomers.count() >= mostNewcomers && isThrottling(ctx)) {
            paused = true;
            looks = 0;
            read(ctx);
            lookSoon(ctx);
        }
        ctx.fireChannelReadComplete();
    }

    private void lookSoon(ChannelHandlerContext ctx) {
        ctx.executor().schedule(() -> look(ctx), LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void look(ChannelHandlerContext ctx) {
        boolean many = newcomers.count() >= mostNewcomers;
        if (many && ++looks < MOST_LOOKS) {
            lookSoon(ctx);
            return;
        }
        if (many) {
            unheeded = true;
            unheededSinceNanos = ctx.executor().ticker().nanoTime();
        }
        paused = false;
        read(ctx);
    }

    private boolean isThrottling(ChannelHandlerContext ctx) {
        unheeded = unheeded && ctx.executor().ticker().nanoTime() - unheededSinceNanos < UNHEEDED_NANOS;
        return !unheeded;
    }

    private void read(ChannelHandlerContext ctx) {
        ctx.channel().config().setAutoRead(!paused && !resting);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {
        failures++;
        log.debug("accepting failed: {}", failure.toString());
        long now = System.nanoTime();
        if (now - warnedNanos >= WARNING_NANOS) {
            warnedNanos = now;
            log.warn("accepting failed, {} times until now; resting for {} ms", failures, REST_MILLIS, failure);
        }
        if (resting) {
            return;
        }
        resting = true;
        read(ctx);
        ctx.executor()
                .schedule(
                        () -> {
                            resting = false;
                            read(ctx);
                        },
                        REST_MILLIS,
                        TimeUnit.MILLISECONDS);
    }
}
