package io.sluice.sse.benchmarks.bare;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/** Sends the bodies of a publisher's requests to the clients. Requests that arrive together are one batch. */
final class PublishHandler extends SimpleChannelInboundHandler<FullHttpRequest> {

    private final Audience audience;
    private final boolean single;
    private final @Nullable IdLines ids;
    private final ByteBuf batch = Unpooled.buffer(1 << 16);

    /**
     * @param single whether each request is a batch of its own
     * @param ids of the events of all publishers; null for events without ids
     */
    PublishHandler(Audience audience, boolean single, @Nullable IdLines ids) {
        this.audience = audience;
        this.single = single;
        this.ids = ids;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
        if (ids != null) {
            ids.writeTo(batch);
        }
        ByteBufUtil.writeAscii(batch, "data: ");
        batch.writeBytes(request.content());
        ByteBufUtil.writeAscii(batch, "\n\n");
        if (single) {
            send();
        }
        DefaultFullHttpResponse ok =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, Unpooled.EMPTY_BUFFER);
        ok.headers().set(HttpHeaderNames.CONTENT_LENGTH, 0);
        context.write(ok, context.voidPromise());
    }

    private void send() {
        audience.send(batch);
        batch.clear();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (batch.isReadable()) {
            send();
        }
        context.flush();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }
}
