package io.sluice.sse.netty.stream;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.PendingWriteQueue;
import io.netty.handler.codec.http.FullHttpMessage;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.Future;
import io.sluice.sse.netty.connection.ClientAddress;
import io.sluice.sse.netty.http.ResponseHead;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns an HTTP connection of an application into a stream. The response head passes the application's handlers, as any
 * response does, so that they can add headers to it, count it or answer something else. When the HTTP codec has
 * written it, the codec and every handler after it leave the pipeline. Until then the frames of the stream are held.
 *
 * <p>One per stream, released when the head is written. Confined to the event loop of the channel.
 */
public final class PipelineUpgrade implements Runnable {

    private static final Logger log = LoggerFactory.getLogger("io.sluice.sse.netty.PipelineUpgrade");

    private static final String HEAD_HANDLER = "sluice-head";
    private static final String HELD_HANDLER = "sluice-held";

    /** Marks the head on its way through the handlers, which may copy it. It never reaches the client. */
    private static final String MARK = "sluice-head";

    /** How long handlers may take to pass on the head. */
    private static final long HEAD_SECONDS = 10;

    /** Set while a head is on its way through the handlers. Later requests of the connection get no response. */
    private static final AttributeKey<Boolean> ON_ITS_WAY = AttributeKey.valueOf(PipelineUpgrade.class, "head");

    private enum State {
        /** The handlers have not passed on the head yet. */
        WAITING,
        /** The HTTP codec has written the head. */
        WRITTEN,
        /** A handler has failed, or has written another response instead. The connection is not a stream. */
        ENDED
    }

    private final ChannelHandlerContext ctx;
    private final String encoder;
    private final NettySink sink;
    private final SocketAddress client;
    private final List<Map.Entry<String, String>> headers;
    private final HeadHandler head = new HeadHandler();

    private State state = State.WAITING;
    /** Whether {@link #run} is on the stack, with the handlers that the head passes. */
    private boolean running;
    /** Whether the head is being passed to them. What they write meanwhile, they write in its place. */
    private boolean passing;

    private @Nullable HttpResponse response;
    private @Nullable ChannelPromise promise;

    private @Nullable HeldFrames held;
    private @Nullable Future<?> deadline;

    /**
     * @param ctx of the handler that has received the request
     * @param encoder the name of the handler that encodes responses
     * @param client the client's address
     * @param headers of the route
     */
    public PipelineUpgrade(
            ChannelHandlerContext ctx,
            String encoder,
            NettySink sink,
            SocketAddress client,
            List<Map.Entry<String, String>> headers) {
        this.ctx = ctx;
        this.encoder = encoder;
        this.sink = sink;
        this.client = client;
        this.headers = headers;
    }

    /** Whether the head of a stream is on its way through the handlers of the pipeline. */
    public static boolean isOnItsWay(ChannelHandlerContext ctx) {
        return ctx.channel().hasAttr(ON_ITS_WAY)
                && Boolean.TRUE.equals(ctx.channel().attr(ON_ITS_WAY).get());
    }

    /** Whether the request was answered otherwise, or its connection closed. */
    public boolean isEnded() {
        return state == State.ENDED;
    }

    /** Writes the head. The sink writes its first frame when this returns, if it is still open. */
    @Override
    public void run() {
        assert ctx.executor().inEventLoop();
        ChannelPipeline pipeline = ctx.pipeline();
        pipeline.addLast(Upgrade.STREAM_HANDLER, new StreamHandler(sink));
        pipeline.addAfter(encoder, HEAD_HANDLER, head);
        HttpResponse own = ResponseHead.response(sink.isChunked(), headers);
        own.headers().set(MARK, sink.id());
        ChannelPromise written = ctx.newPromise();
        written.addListener(done -> {
            if (!done.isSuccess()) {
                failed(done.cause());
            }
        });
        response = own;
        promise = written;
        running = true;
        passing = true;
        ctx.write(own, written);
        passing = false;
        if (state == State.WAITING) {
            ctx.flush(); // some handlers pass on what they hold with the next flush
        }
        running = false;
        switch (state) {
            case WAITING -> await(pipeline);
            case WRITTEN -> becomeStream();
            case ENDED -> detach();
        }
    }

    private void await(ChannelPipeline pipeline) {
        HeldFrames frames = new HeldFrames(sink);
        held = frames;
        pipeline.addBefore(Upgrade.STREAM_HANDLER, HELD_HANDLER, frames);
        ctx.channel().attr(ON_ITS_WAY).set(Boolean.TRUE);
        deadline = ctx.executor().schedule(this::expire, HEAD_SECONDS, TimeUnit.SECONDS);
    }

    /**
     * Whether the handlers have made this of the head: the same object, a copy, or another response in its place. An
     * earlier request of the connection may have a response that is still on its way, too.
     */
    private boolean isOwn(HttpResponse message, ChannelPromise of) {
        return message == response
                || of == promise
                || passing
                || sink.id().equals(message.headers().get(MARK));
    }

    /** Sits directly after the codec and sees what the handlers have made of the head. */
    private final class HeadHandler extends ChannelOutboundHandlerAdapter {

        @Override
        public void write(ChannelHandlerContext codec, Object message, ChannelPromise done) {
            if (state != State.WAITING
                    || !(message instanceof HttpResponse head)
                    || head.status().codeClass() == HttpStatusClass.INFORMATIONAL
                    || !isOwn(head, done)) {
                codec.write(message, done);
                return;
            }
            boolean isHead = head.status().equals(HttpResponseStatus.OK) && !(head instanceof FullHttpMessage);
            if (isHead) {
                ResponseHead.secure(head.headers(), sink.isChunked(), sink.isCompressed());
            }
            head.headers().remove(MARK);
            response = null;
            promise = null;
            state = isHead ? State.WRITTEN : State.ENDED;
            codec.write(message, done);
            if (!running) {
                // Not here: the handlers that the head passes are still on the stack.
                codec.executor().execute(isHead ? PipelineUpgrade.this::becomeStream : PipelineUpgrade.this::detach);
            }
        }

        @Override
        public void handlerRemoved(ChannelHandlerContext codec) {
            Future<?> scheduled = deadline;
            if (scheduled != null) {
                scheduled.cancel(false);
                deadline = null;
            }
        }
    }

    /** Holds the frames of the stream. The channel counts their bytes, so the sink stops at the high-water mark. */
    static final class HeldFrames extends ChannelOutboundHandlerAdapter {

        private final NettySink sink;
        private @Nullable PendingWriteQueue frames;

        HeldFrames(NettySink sink) {
            this.sink = sink;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            frames = new PendingWriteQueue(ctx);
        }

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            queue().add(message, promise);
        }

        void writeAll() {
            queue().removeAndWriteAll();
        }

        @Override
        public void handlerRemoved(ChannelHandlerContext ctx) {
            queue().removeAndFailAll(new ClosedChannelException());
            if (!ctx.channel().isActive()) {
                sink.channelClosed(); // a handler of the application may keep channelInactive from the stream's handler
            }
            sink.channelReleased();
        }

        private PendingWriteQueue queue() {
            PendingWriteQueue queue = frames;
            if (queue == null) {
                throw new IllegalStateException("the handler is not in a pipeline");
            }
            return queue;
        }
    }

    /** The codec has written the head. */
    private void becomeStream() {
        ChannelPipeline pipeline = ctx.pipeline();
        if (pipeline.get(HEAD_HANDLER) != head) {
            return; // the channel has closed
        }
        ClientAddress.set(ctx.channel(), client);
        Upgrade.removeHttp(pipeline);
        HeldFrames frames = held;
        if (frames != null) {
            ctx.channel().attr(ON_ITS_WAY).set(null);
            frames.writeAll();
            pipeline.remove(frames);
            pipeline.context(Upgrade.STREAM_HANDLER).flush();
        }
    }

    /** The head could not be written. If it was written, the connection has failed, as after a void promise. */
    private void failed(Throwable cause) {
        if (state == State.WRITTEN) {
            ctx.channel().pipeline().fireExceptionCaught(cause);
        } else if (state == State.WAITING) {
            if (!(cause instanceof ClosedChannelException)) {
                log.warn("[{}] a handler of the pipeline did not pass on the head of the stream", sink.id(), cause);
            }
            end();
        }
    }

    private void expire() {
        if (state == State.WAITING) {
            log.warn(
                    "[{}] no handler has passed on the head of the stream for {} s,"
                            + " so its connection is closed (expected:"
                            + " each handler between the HTTP codec and SseHandler writes the response that it gets)",
                    sink.id(),
                    HEAD_SECONDS);
            end();
        }
    }

    private void end() {
        state = State.ENDED;
        if (!running) {
            detach();
        }
        ctx.close();
    }

    /** The connection stays with the HTTP handlers, one of which has answered or failed. */
    private void detach() {
        ChannelPipeline pipeline = ctx.pipeline();
        sink.upgradeFailed();
        HeldFrames frames = held;
        if (frames != null) {
            ctx.channel().attr(ON_ITS_WAY).set(null);
            remove(pipeline, HELD_HANDLER);
        }
        remove(pipeline, Upgrade.STREAM_HANDLER);
        remove(pipeline, HEAD_HANDLER);
    }

    private static void remove(ChannelPipeline pipeline, String name) {
        if (pipeline.get(name) != null) { // the handlers of a closed channel have been removed
            pipeline.remove(name);
        }
    }
}
