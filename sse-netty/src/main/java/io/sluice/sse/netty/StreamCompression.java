package io.sluice.sse.netty;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.sluice.sse.netty.frame.GzipFrames;
import io.sluice.sse.netty.frame.GzipStream;
import io.sluice.sse.netty.http.AcceptHeader;
import io.sluice.sse.netty.http2.CompressedHttp2Sink;
import io.sluice.sse.netty.http2.Http2Sink;
import io.sluice.sse.netty.stream.ChannelSink;
import io.sluice.sse.netty.stream.CompressedSink;
import io.sluice.sse.netty.stream.Lanes;
import io.sluice.sse.netty.stream.NettySink;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Decides which streams of a server are compressed, and bounds those with a compressor of their own. Thread-safe.
 */
final class StreamCompression {

    static final int DEFAULT_MAX_COMPRESSORS = 256;

    private static final Map.Entry<String, String> VARY = Map.entry("vary", "accept-encoding");
    private static final Map.Entry<String, String> GZIP = Map.entry("content-encoding", "gzip");

    private final Compression byDefault;
    private final int maxCompressors;
    private final AtomicInteger compressors = new AtomicInteger();
    private final Runnable releaseCompressor = compressors::decrementAndGet;

    /**
     * @param byDefault for streams whose route does not decide
     * @param maxCompressors how many streams may have a compressor of their own
     */
    StreamCompression(Compression byDefault, int maxCompressors) {
        this.byDefault = byDefault;
        this.maxCompressors = maxCompressors;
    }

    private Compression of(SseStream stream) {
        Compression ofRoute = stream.compression();
        return ofRoute == null ? byDefault : ofRoute;
    }

    private boolean isCompressed(SseRequest request, SseStream stream) {
        return of(stream) != Compression.OFF && AcceptHeader.prefersGzip(request.headerAll("accept-encoding"));
    }

    /** The headers of the route, and those of a stream that is compressed for some clients. */
    List<Map.Entry<String, String>> headersOf(SseRequest request, SseStream stream) {
        if (of(stream) == Compression.OFF) {
            return stream.headers();
        }
        List<Map.Entry<String, String>> headers = new ArrayList<>(stream.headers());
        headers.add(VARY);
        if (isCompressed(request, stream)) {
            headers.add(GZIP);
        }
        return headers;
    }

    /** A sink for the stream. On the event loop of the channel. */
    ChannelSink sinkFor(
            Lanes.Joined lane, Channel channel, SseRequest request, SseStream stream, Runnable releasePermit) {
        boolean compressed = isCompressed(request, stream);
        if (channel instanceof Http2StreamChannel http2) {
            return compressed
                    ? new CompressedHttp2Sink(lane, http2, stream.settings(), releasePermit, newStream(lane, stream))
                    : new Http2Sink(lane, http2, stream.settings(), releasePermit);
        }
        boolean chunked = request.isChunkable();
        return compressed
                ? new CompressedSink(lane, channel, chunked, stream.settings(), releasePermit)
                        .compressedBy(newStream(lane, stream))
                : new NettySink(lane, channel, chunked, stream.settings(), releasePermit);
    }

    private GzipStream newStream(Lanes.Joined lane, SseStream stream) {
        return newStream(lane.framer().gzip(), of(stream));
    }

    private GzipStream newStream(GzipFrames frames, Compression compression) {
        if (compression == Compression.PER_STREAM) {
            if (compressors.incrementAndGet() <= maxCompressors) {
                return new GzipStream.Own(frames, releaseCompressor);
            }
            compressors.decrementAndGet();
        }
        return new GzipStream.Shared(frames);
    }
}
