package io.sluice.sse.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Sends to the socket past pipeline and channel, where both have nothing to add: no handler stands between the stream and
 * the socket, and no byte waits to be sent. That is how nearly every frame finds its client. A pass over many clients
 * finds each of their objects cold, so it counts how many it comes by: of a client that is written to straight, sink and
 * socket; else channel, outbound buffer, pipeline, contexts, registration and more besides. Over epoll only: over io_uring
 * the channel itself may have a send under way. On the event loop.
 */
final class SocketFastPath {

    private SocketFastPath() {}

    /** The stream's socket, if nothing stands before it; else null. */
    static @Nullable Socket socketOf(ChannelHandlerContext stream) {
        return stream.channel() instanceof EpollSocketChannel channel
                        && channel.pipeline().firstContext() == stream
                        && channel.fd() instanceof Socket socket
                ? socket
                : null;
    }

    /**
     * @return how many bytes were taken; 0 if none were, or the frame has to go the usual way
     * @throws IOException if the connection is gone
     */
    static int send(Socket socket, NettyFrame frame, boolean chunked) throws IOException {
        ByteBuf buffer = frame.buffer();
        // Of a socket that is closed, the number may be another connection's by now.
        if (!socket.isOpen() || !buffer.hasMemoryAddress()) {
            return 0;
        }
        int start = frame.start(chunked);
        return socket.sendAddress(buffer.memoryAddress(), start, start + frame.bytes(chunked));
    }
}
