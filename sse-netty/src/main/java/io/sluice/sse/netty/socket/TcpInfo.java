package io.sluice.sse.netty.socket;

import io.netty.channel.Channel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * What Linux knows about a TCP connection ({@code TCP_INFO}): whether the client's machine acknowledges what it was
 * sent. {@code TCP_USER_TIMEOUT} is no substitute: it also counts the time in which a client's window is full, so it
 * resets clients that read slowly.
 *
 * <p>For epoll and io_uring. Over NIO and kqueue nothing is known. One per lane, since all its clients share the
 * buffer; confined to the event loop.
 */
public final class TcpInfo {

    private static final boolean LINUX =
            System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("linux");

    private static final int IPPROTO_TCP = 6;
    private static final int TCP_INFO = 11;

    // The fields of struct tcp_info that are read here. Linux only ever adds fields at its end.
    private static final int PROBES = 3;
    private static final int UNACKNOWLEDGED_SEGMENTS = 24;
    private static final int MILLIS_SINCE_ACKNOWLEDGEMENT = 56;
    private static final int ACKNOWLEDGED_BYTES = 120;
    private static final int LENGTH = 128;

    private final ByteBuffer info = ByteBuffer.allocateDirect(LENGTH).order(ByteOrder.nativeOrder());

    /**
     * For how many nanoseconds the peer has acknowledged nothing, while a segment or a probe waits for it; 0 if none
     * waits, or if it is not known.
     */
    public long unacknowledgedNanos(Channel channel) {
        if (!read(channel) || (info.getInt(UNACKNOWLEDGED_SEGMENTS) == 0 && info.get(PROBES) == 0)) {
            return 0;
        }
        long millis = Integer.toUnsignedLong(info.getInt(MILLIS_SINCE_ACKNOWLEDGEMENT));
        return Math.max(1, TimeUnit.MILLISECONDS.toNanos(millis));
    }

    /** How many bytes the peer has acknowledged since the connection began; 0 if it is not known. */
    public long acknowledgedBytes(Channel channel) {
        return read(channel) ? info.getLong(ACKNOWLEDGED_BYTES) : 0;
    }

    private boolean read(Channel channel) {
        if (!LINUX
                || !(channel instanceof SocketChannel)
                || !(channel instanceof UnixChannel unix)
                || !(unix.fd() instanceof Socket socket)
                || !socket.isOpen()) {
            return false;
        }
        try {
            info.clear();
            socket.getRawOpt(IPPROTO_TCP, TCP_INFO, info);
            return true;
        } catch (IOException e) {
            return false; // the connection has just failed, which its channel reports
        }
    }
}
