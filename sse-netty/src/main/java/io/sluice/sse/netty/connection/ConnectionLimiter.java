package io.sluice.sse.netty.connection;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.sluice.sse.Ledger;
import io.sluice.sse.RejectionCounts;
import java.net.SocketAddress;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * Counts connections as they are accepted, and closes those above the maximum at once.
 *
 * <p>A handler of the listening channel. Confined to its event loop, except that connections leave the set on their own
 * event loops.
 */
public final class ConnectionLimiter extends ChannelInboundHandlerAdapter {

    private final int max;
    private final int maxPerAddress;
    private final Predicate<SocketAddress> isProxy;
    private final Set<Channel> connections;
    private final Ledger ledger;
    private final RejectionLog rejections;
    /** One listener for all connections, which saves an object for each idle client. */
    private final ChannelFutureListener onClosed;

    /** The open connections of each address; empty without a limit for them. */
    private final ConcurrentHashMap<Long, Integer> byAddress = new ConcurrentHashMap<>();

    /** @param connections a concurrent set, which contains the open connections from now on */
    public ConnectionLimiter(int max, Set<Channel> connections, Ledger ledger, RejectionLog rejections) {
        this(max, 0, peer -> false, connections, ledger, rejections);
    }

    /**
     * @param maxPerAddress the maximum of one address; 0 is unlimited
     * @param isProxy whether a peer has connections for many clients; the maximum of one address does not apply to it
     * @param connections a concurrent set, which contains the open connections from now on
     */
    public ConnectionLimiter(
            int max,
            int maxPerAddress,
            Predicate<SocketAddress> isProxy,
            Set<Channel> connections,
            Ledger ledger,
            RejectionLog rejections) {
        this.max = max;
        this.maxPerAddress = maxPerAddress;
        this.isProxy = isProxy;
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
            reject(connection, RejectionCounts.Kind.CONNECTIONS);
            return;
        }
        if (maxPerAddress > 0 && !countOfAddress(connection)) {
            reject(connection, RejectionCounts.Kind.CONNECTIONS_PER_ADDRESS);
            return;
        }
        ledger.add(Ledger.Kind.CONNECTIONS, 1);
        connections.add(connection);
        connection.closeFuture().addListener(onClosed);
        ctx.fireChannelRead(connection);
    }

    private void reject(Channel connection, RejectionCounts.Kind limit) {
        rejections.rejected(limit, connection.remoteAddress());
        connection.unsafe().closeForcibly(); // it has no event loop yet
    }

    /** Counts the connection for its address until it is closed. @return false if the address has its maximum */
    private boolean countOfAddress(Channel connection) {
        Long key = AddressKey.of(connection.remoteAddress());
        if (key == null || isProxy.test(connection.remoteAddress())) {
            return true;
        }
        int count = byAddress.merge(key, 1, Integer::sum);
        if (count > maxPerAddress) {
            leave(key);
            return false;
        }
        connection.closeFuture().addListener(closed -> leave(key));
        return true;
    }

    /** Without connections an address leaves the map, so that addresses that come and go cannot fill it. */
    private void leave(Long key) {
        byAddress.computeIfPresent(key, (ignored, count) -> count == 1 ? null : count - 1);
    }

    /** How many addresses are counted. */
    int addresses() {
        return byAddress.size();
    }
}
