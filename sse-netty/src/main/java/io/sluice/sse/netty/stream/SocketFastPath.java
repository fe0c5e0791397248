package io.sluice.sse.netty.stream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.Socket;
import io.sluice.sse.netty.frame.NettyFrame;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Sends a frame directly to the socket. This is possible if no handler is between the stream and the socket and no
 * bytes are pending, which holds for nearly every frame. In a pass over many clients every object is a cache miss. The
 * fast path touches two objects per client, the sink and the socket; the regular path also touches the channel, the
 * outbound buffer, the pipeline, its contexts, the registration and more.
 *
 * <p>For epoll only: over io_uring the channel itself may have a send in progress. On the event loop of the channel.
 */
public final class SocketFastPath {

    private SocketFastPath() {}

    /** The stream's socket if no handler comes before the stream's; otherwise null. */
    static @Nullable Socket socketOf(ChannelHandlerContext stream) {
        return stream.channel() instanceof EpollSocketChannel channel
                        && channel.pipeline().firstContext() == stream
                        && channel.fd() instanceof Socket socket
                ? socket
                : null;
    }

    /**
     * Sends as much of the frame as the socket takes.
     *
     * @return how many bytes were sent; 0 if none were, or if the frame must take the regular path
     * @throws IOException if the connection has failed
     */
    public static int send(Socket socket, NettyFrame frame, boolean chunked) throws IOException {
        ByteBuf buffer = frame.buffer();
        // After a close, the file descriptor may already belong to another connection.
        if (!socket.isOpen() || !buffer.hasMemoryAddress()) {
            return 0;
        }
        int start = frame.start(chunked);
        return socket.sendAddress(buffer.memoryAddress(), start, start + frame.bytes(chunked));
    }
}
