package io.sluice.sse.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.sluice.sse.Ledger;
import io.sluice.sse.RejectionCounts;
import java.util.Set;

/**
 * Counts connections as they are accepted, and closes those above the maximum at once.
 *
 * <p>A handler of the listening channel. Confined to its event loop, except that connections leave the set on their own
 * event loops.
 */
final class ConnectionLimiter extends ChannelInboundHandlerAdapter {

    private final int max;
    private final Set<Channel> connections;
    private final Ledger ledger;
    private final RejectionLog rejections;
    /** One listener for all connections, which saves an object for each idle client. */
    private final ChannelFutureListener onClosed;

    /** @param connections a concurrent set, which contains the open connections from now on */
    ConnectionLimiter(int max, Set<Channel> connections, Ledger ledger, RejectionLog rejections) {
        this.max = max;
        this.connections = connections;
        this.ledger = ledger;
        this.rejections = rejections;
        this.onClosed = closed -> {
            connections.remove(closed.channel());
            ledger.add(Ledger.Kind.CONNECTIONS, -1);
        };
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        Channel connection = (Channel) message;
        if (connections.size() >= max) {
            rejections.rejected(RejectionCounts.Kind.CONNECTIONS, connection.remoteAddress());
            connection.unsafe().closeForcibly(); // it has no event loop yet
            return;
        }
        ledger.add(Ledger.Kind.CONNECTIONS, 1);
        connections.add(connection);
        connection.closeFuture().addListener(onClosed);
        ctx.fireChannelRead(connection);
    }
}
