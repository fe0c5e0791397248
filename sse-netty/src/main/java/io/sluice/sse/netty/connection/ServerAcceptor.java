package io.sluice.sse.netty.connection;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;

/** The pipeline of the listening channel: which connections are accepted, and when. */
public final class ServerAcceptor extends ChannelInitializer<Channel> {

    private final ConnectionLimiter limiter;
    private final PendingConnections pending;
    private final int maxPending;

    /** @param maxPending the pending connections above which accepting is throttled */
    public ServerAcceptor(ConnectionLimiter limiter, PendingConnections pending, int maxPending) {
        this.limiter = limiter;
        this.pending = pending;
        this.maxPending = maxPending;
    }

    @Override
    protected void initChannel(Channel listener) {
        AcceptSwitch accepting = new AcceptSwitch();
        listener.pipeline()
                .addLast("limit", limiter)
                .addLast("throttle", new AcceptThrottle(pending, maxPending, accepting))
                .addLast("backoff", new AcceptBackoff(accepting)); // last, since it handles the others' failures, too
    }
}
