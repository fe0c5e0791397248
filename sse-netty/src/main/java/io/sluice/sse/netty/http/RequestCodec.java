package io.sluice.sse.netty.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP/1.1 codec of a server's connection. Unlike Netty's {@code HttpServerCodec} it counts what a head that has
 * not arrived completely costs, against the budget of all connections. A client can otherwise send all of a head but
 * its end on each of thousands of connections. One per connection, confined to its event loop.
 */
public final class RequestCodec extends CombinedChannelDuplexHandler<RequestCodec.Decoder, RequestCodec.Encoder> {

    /** What the objects of a header cost in addition to its bytes. */
    private static final int HEADER_BYTES = 200;

    private static final byte LINE_FEED = '\n';
    private static final byte CARRIAGE_RETURN = '\r';

    /** The methods of the requests whose responses are not written yet: how a response is written depends on it. */
    private final ArrayDeque<HttpMethod> methods = new ArrayDeque<>(2);

    private final Budget budget;

    /** Bounds the bytes of all connections. Thread-safe. */
    public interface Budget {
        /**
         * Reserves bytes if they fit.
         *
         * @param request the size of the request so far, with these bytes
         */
        boolean tryReserve(long bytes, long request);

        void release(long bytes);

        /** The failure of a request that does not fit. */
        Throwable rejection();
    }

    public RequestCodec(HttpDecoderConfig config, Budget budget) {
        this.budget = budget;
        init(new Decoder(config), new Encoder());
    }

    /** The header Origin of a request whose head has not arrived completely; empty if it has not come so far. */
    public List<String> origins() {
        return inboundHandler().origins();
    }

    public final class Decoder extends HttpRequestDecoder {

        /** What is reserved for the head, or for the line of a chunk, that has not arrived completely. */
        private long reserved;

        /** The part of it that the decoder has taken out of its buffer. */
        private long taken;

        private boolean rejected;

        /** The request whose head has not arrived completely, with its headers so far; null between two heads. */
        private @Nullable HttpMessage unfinished;

        private Decoder(HttpDecoderConfig config) {
            super(config);
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
            if (rejected) {
                in.skipBytes(in.readableBytes());
                return;
            }
            int from = in.readerIndex();
            int before = out.size();
            super.decode(ctx, in, out);
            if (out.size() == before) {
                reserve(in, from, out);
                return;
            }
            release();
            unfinished = null;
            for (int i = before; i < out.size(); i++) {
                if (out.get(i) instanceof HttpRequest request) {
                    methods.add(request.method());
                }
                // After a malformed message the decoder drops all that arrives.
                rejected |= out.get(i) instanceof HttpObject message
                        && message.decoderResult().isFailure();
            }
        }

        @Override
        protected HttpMessage createMessage(String[] initialLine) throws Exception {
            HttpMessage begun = super.createMessage(initialLine);
            unfinished = begun;
            return begun;
        }

        private List<String> origins() {
            HttpMessage head = unfinished;
            return head == null ? List.of() : head.headers().getAll(HttpHeaderNames.ORIGIN);
        }

        /**
         * Nothing is complete. The decoder keeps what it made of the bytes that it has taken, and its buffer keeps the
         * line that has no end yet.
         */
        private void reserve(ByteBuf in, int from, List<Object> out) {
            taken += costOfTaken(in, from);
            long bytes = taken + in.readableBytes() - reserved;
            if (bytes <= 0) {
                return;
            }
            if (budget.tryReserve(bytes, reserved + bytes)) {
                reserved += bytes;
                return;
            }
            rejected = true;
            in.skipBytes(in.readableBytes());
            release();
            DefaultFullHttpRequest failed =
                    new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/", Unpooled.EMPTY_BUFFER);
            failed.headers().set(HttpHeaderNames.ORIGIN, origins());
            failed.setDecoderResult(DecoderResult.failure(budget.rejection()));
            methods.add(failed.method());
            out.add(failed);
        }

        /** What the decoder has taken just now costs. Blank lines before a request cost nothing: it skips them. */
        private long costOfTaken(ByteBuf in, int from) {
            long bytes = (long) in.readerIndex() - from;
            boolean isBlank = taken == 0;
            for (int i = from; i < in.readerIndex(); i++) {
                byte next = in.getByte(i);
                bytes += next == LINE_FEED ? HEADER_BYTES : 0;
                isBlank &= next == LINE_FEED || next == CARRIAGE_RETURN;
            }
            return isBlank ? 0 : bytes;
        }

        private void release() {
            budget.release(reserved);
            reserved = 0;
            taken = 0;
        }

        @Override
        protected void handlerRemoved0(ChannelHandlerContext ctx) throws Exception {
            super.handlerRemoved0(ctx);
            release();
        }
    }

    public final class Encoder extends HttpResponseEncoder {

        private HttpMethod method = HttpMethod.GET;

        private Encoder() {}

        @Override
        protected boolean isContentAlwaysEmpty(HttpResponse response) {
            HttpMethod next = response.status().codeClass() == HttpStatusClass.INFORMATIONAL
                    ? methods.peek() // the final response follows
                    : methods.poll();
            method = next == null ? HttpMethod.GET : next;
            return method.equals(HttpMethod.HEAD) || super.isContentAlwaysEmpty(response);
        }

        @Override
        protected void sanitizeHeadersBeforeEncode(HttpResponse response, boolean isAlwaysEmpty) {
            boolean isTunnel =
                    method.equals(HttpMethod.CONNECT) && response.status().codeClass() == HttpStatusClass.SUCCESS;
            if (isTunnel) {
                response.headers().remove(HttpHeaderNames.TRANSFER_ENCODING); // RFC 9110, section 9.3.6
                return;
            }
            super.sanitizeHeadersBeforeEncode(response, isAlwaysEmpty);
        }
    }
}
