package io.sluice.sse.netty.connection;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2StreamChannel;

/** Finds the connection of a request: its channel, or over HTTP/2 the parent of its channel. Thread-safe. */
public final class Connection {

    private Connection() {}

    /** The channel of the socket. */
    public static Channel of(Channel channel) {
        return channel instanceof Http2StreamChannel stream ? stream.parent() : channel;
    }
}
