package io.sluice.sse.netty.connection;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.util.Attribute;
import io.netty.util.AttributeKey;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/**
 * The client of a connection if it is not the peer. It is an attribute of the channel, so connections without a proxy
 * need no memory for it. Thread-safe.
 */
public final class ClientAddress {

    private static final AttributeKey<InetSocketAddress> KEY = AttributeKey.valueOf(ClientAddress.class, "client");
    private static final AttributeKey<Boolean> PROXIED = AttributeKey.valueOf(ClientAddress.class, "proxied");

    private ClientAddress() {}

    /**
     * The client of the channel; the peer unless a proxy reported another address. A stream of HTTP/2 has its own
     * client if a proxy reported one, otherwise that of its connection.
     */
    public static SocketAddress of(Channel channel) {
        if (!channel.hasAttr(KEY)) {
            return channel instanceof Http2StreamChannel stream ? of(stream.parent()) : channel.remoteAddress();
        }
        Attribute<InetSocketAddress> known = channel.attr(KEY);
        InetSocketAddress client = known.get();
        return client == null ? channel.remoteAddress() : client;
    }

    /** Whether the connection did not begin with a PROXY header. */
    public static boolean isDirect(Channel channel) {
        return !Connection.of(channel).hasAttr(PROXIED);
    }

    /** Records that the connection began with a PROXY header, with or without an address. */
    public static void setProxied(Channel channel) {
        channel.attr(PROXIED).set(Boolean.TRUE);
    }

    /** Records the client of the connection. */
    public static void set(Channel channel, SocketAddress client) {
        if (client instanceof InetSocketAddress address && !address.equals(channel.remoteAddress())) {
            channel.attr(KEY).set(address);
        }
    }
}
