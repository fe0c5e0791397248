package io.sluice.sse.netty.http2;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;
import io.sluice.sse.RejectionCounts;
import io.sluice.sse.netty.connection.ClientAddress;
import io.sluice.sse.netty.connection.RejectionLog;
import io.sluice.sse.netty.http.JsonText;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Netty's codec of an HTTP/2 connection, with the limits of this server. It counts and logs each connection that one of
 * Netty's flood guards closes; Netty itself does not log that. Confined to the event loop.
 */
public final class Http2Codec extends Http2FrameCodec {

    private static final Logger log = LoggerFactory.getLogger("io.sluice.sse.netty.Http2Codec");

    /** The time in which the resets of a connection are counted. */
    static final int RESET_WINDOW_SECONDS = 30;

    private final RejectionLog rejections;
    private boolean failed;
    private boolean violated;

    private Http2Codec(
            Http2ConnectionEncoder encoder,
            Http2ConnectionDecoder decoder,
            Http2Settings settings,
            RejectionLog rejections) {
        super(encoder, decoder, settings, false, true);
        this.rejections = rejections;
        // Nothing listens to the writability of streams: Http2Session looks at the windows.
        connection().remote().flowController().listener(null);
    }

    /**
     * Creates a codec.
     *
     * @param maxHeaderListBytes the largest header list of a request; a larger one gets status 431
     */
    public static Http2Codec create(Http2Limits limits, int maxHeaderListBytes, RejectionLog rejections) {
        return (Http2Codec) new Builder(limits, maxHeaderListBytes, rejections).build();
    }

    /** Whether the connection closes because the client has violated HTTP/2, or because of a flood. */
    boolean isViolated() {
        return violated;
    }

    @Override
    protected void onConnectionError(
            ChannelHandlerContext ctx, boolean outbound, Throwable cause, @Nullable Http2Exception failure) {
        violated |= failure != null;
        if (!failed) {
            failed = true;
            if (failure != null && failure.error() == Http2Error.ENHANCE_YOUR_CALM) {
                rejections.rejected(RejectionCounts.Kind.HTTP2_FLOOD, ClientAddress.of(ctx.channel()));
            }
            if (log.isDebugEnabled()) { // quoted, because the message may contain text of the client
                String why = JsonText.quote(cause.toString());
                log.debug("closing an HTTP/2 connection of {}: {}", ClientAddress.of(ctx.channel()), why);
            }
        }
        super.onConnectionError(ctx, outbound, cause, failure);
    }

    private static final class Builder extends Http2FrameCodecBuilder {

        private final RejectionLog rejections;

        Builder(Http2Limits limits, int maxHeaderListBytes, RejectionLog rejections) {
            this.rejections = rejections;
            Http2Connection connection = new DefaultHttp2Connection(true);
            // Priorities are deprecated (RFC 9113, section 5.3), and their tree costs memory for each stream.
            connection
                    .remote()
                    .flowController(new DefaultHttp2RemoteFlowController(
                            connection, new UniformStreamByteDistributor(connection)));
            connection(connection);
            initialSettings(Http2Settings.defaultSettings()
                    .maxConcurrentStreams(limits.maxStreams())
                    .maxHeaderListSize(maxHeaderListBytes));
            validateHeaders(true);
            validateRequiredPseudoHeaders(true);
            // Resets that the client sends, and resets that it provokes.
            decoderEnforceMaxRstFramesPerWindow(limits.maxResets(), RESET_WINDOW_SECONDS);
            encoderEnforceMaxRstFramesPerWindow(limits.maxResets(), RESET_WINDOW_SECONDS);
            gracefulShutdownTimeoutMillis(0); // Drain ends the streams first, so a close need not wait for them
        }

        @Override
        protected Http2FrameCodec build(
                Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
            Http2Codec codec = new Http2Codec(encoder, decoder, settings, rejections);
            codec.gracefulShutdownTimeoutMillis(gracefulShutdownTimeoutMillis());
            return codec;
        }
    }
}
