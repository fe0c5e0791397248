package io.sluice.sse.netty.http2;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.sluice.sse.CloseReason;
import io.sluice.sse.netty.stream.StreamHandler;

/** The inbound side of an open stream over HTTP/2. Confined to the event loop. */
final class Http2StreamHandler extends StreamHandler {

    private final Http2Sink sink;

    Http2StreamHandler(Http2Sink sink) {
        super(sink);
        this.sink = sink;
    }

    /** The client has reset the stream. A browser does that whenever a page closes, with CANCEL. */
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof Http2ResetFrame reset) {
            boolean left =
                    reset.errorCode() == Http2Error.CANCEL.code() || reset.errorCode() == Http2Error.NO_ERROR.code();
            if (left) {
                sink.channelClosed();
            } else {
                sink.channelFailed();
            }
        }
        ctx.fireUserEventTriggered(event); // the end of the pipeline releases it
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        sink.streamClosed();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {
        Http2Exception violation = Http2CodecUtil.getEmbeddedHttp2Exception(failure);
        if (violation == null) {
            super.exceptionCaught(ctx, failure);
            return;
        }
        if (sink.isOpen()) { // the client has violated HTTP/2 in this stream, which ends this stream only
            sink.reset(violation.error());
            sink.close(CloseReason.PROTOCOL_ERROR);
        }
    }
}
