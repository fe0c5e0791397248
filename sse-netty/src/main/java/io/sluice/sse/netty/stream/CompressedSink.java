package io.sluice.sse.netty.stream;

import io.netty.channel.Channel;
import io.sluice.sse.CloseReason;
import io.sluice.sse.hub.lane.Frame;
import io.sluice.sse.netty.frame.GzipStream;
import io.sluice.sse.netty.frame.NettyFrame;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A sink whose client gets the stream compressed. Confined to the event loop of the channel. */
public final class CompressedSink extends NettySink {

    private @Nullable GzipStream gzip;

    public CompressedSink(
            Lanes.Joined lane, Channel channel, boolean chunked, StreamSettings settings, Runnable releasePermit) {
        super(lane, channel, chunked, settings, releasePermit);
    }

    /** To be called once, before anything else. The sink closes the stream when it ends. */
    public CompressedSink compressedBy(GzipStream newGzip) {
        gzip = newGzip;
        return this;
    }

    private GzipStream gzip() {
        return Objects.requireNonNull(gzip);
    }

    @Override
    protected boolean isCompressed() {
        return true;
    }

    @Override
    protected void write(Frame frame) {
        GzipStream stream = gzip();
        if (stream.isClosed()) {
            return; // so is the connection
        }
        NettyFrame form = stream.encode((NettyFrame) frame);
        try {
            super.write(form);
        } finally {
            stream.written(form);
        }
    }

    /** Accepts the frame even if it takes the regular way: its form depends on the forms before, so it is made once. */
    @Override
    protected boolean tryWriteDirect(Frame frame) {
        GzipStream stream = gzip();
        if (stream.isClosed()) {
            return false; // so is the connection
        }
        NettyFrame form = stream.encode((NettyFrame) frame);
        try {
            if (super.tryWriteDirect(form)) {
                return true;
            }
            if (stream.isClosed()) {
                return false; // the connection was found gone
            }
            super.write(form);
            return true;
        } finally {
            stream.written(form);
        }
    }

    @Override
    protected byte[] lastBytes(byte[] text) {
        return gzip().end(text);
    }

    @Override
    protected void end(CloseReason reason, boolean orderly) {
        try {
            super.end(reason, orderly);
        } finally {
            gzip().close();
        }
    }
}
