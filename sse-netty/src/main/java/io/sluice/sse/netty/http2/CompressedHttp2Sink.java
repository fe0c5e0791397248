package io.sluice.sse.netty.http2;

import io.netty.handler.codec.http2.Http2StreamChannel;
import io.sluice.sse.CloseReason;
import io.sluice.sse.hub.lane.Frame;
import io.sluice.sse.netty.frame.GzipStream;
import io.sluice.sse.netty.frame.NettyFrame;
import io.sluice.sse.netty.stream.Lanes;
import io.sluice.sse.netty.stream.StreamSettings;

/** An HTTP/2 stream whose client gets it compressed. Confined to the event loop of the channel. */
public final class CompressedHttp2Sink extends Http2Sink {

    private final GzipStream gzip;

    /** @param gzip is closed with the sink */
    public CompressedHttp2Sink(
            Lanes.Joined lane,
            Http2StreamChannel channel,
            StreamSettings settings,
            Runnable releasePermit,
            GzipStream gzip) {
        super(lane, channel, settings, releasePermit);
        this.gzip = gzip;
    }

    @Override
    protected boolean isCompressed() {
        return true;
    }

    @Override
    protected void write(Frame frame) {
        if (gzip.isClosed()) {
            return; // so is the stream
        }
        NettyFrame form = gzip.encode((NettyFrame) frame);
        try {
            super.write(form);
        } finally {
            gzip.written(form);
        }
    }

    @Override
    protected byte[] lastBytes(byte[] text) {
        return gzip.end(text);
    }

    @Override
    protected void end(CloseReason reason, boolean orderly) {
        try {
            super.end(reason, orderly);
        } finally {
            gzip.close();
        }
    }
}
