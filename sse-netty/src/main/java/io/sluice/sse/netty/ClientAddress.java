package io.sluice.sse.netty;

import io.netty.channel.Channel;
import io.netty.util.Attribute;
import io.netty.util.AttributeKey;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/**
 * Whose connection it is, where that is not the peer: kept beside the channel, so that connections without a proxy pay
 * nothing for it.
 */
final class ClientAddress {

    private static final AttributeKey<InetSocketAddress> KEY = AttributeKey.valueOf(ClientAddress.class, "client");
    private static final AttributeKey<Boolean> PROXIED = AttributeKey.valueOf(ClientAddress.class, "proxied");

    private ClientAddress() {}

    /** The client as far as the connection itself tells. Any thread. */
    static SocketAddress of(Channel channel) {
        if (!channel.hasAttr(KEY)) {
            return channel.remoteAddress();
        }
        Attribute<InetSocketAddress> known = channel.attr(KEY);
        InetSocketAddress client = known.get();
        return client == null ? channel.remoteAddress() : client;
    }

    /** Whether no proxy has begun the connection with a PROXY header. Any thread. */
    static boolean isDirect(Channel channel) {
        return !channel.hasAttr(PROXIED);
    }

    /** The connection began with a PROXY header, whatever it says. */
    static void setProxied(Channel channel) {
        channel.attr(PROXIED).set(Boolean.TRUE);
    }

    /** From now on it is this client's. */
    static void set(Channel channel, SocketAddress client) {
        if (client instanceof InetSocketAddress address && !address.equals(channel.remoteAddress())) {
            channel.attr(KEY).set(address);
        }
    }
}
