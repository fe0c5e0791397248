package io.sluice.sse.netty.http2;

/**
 * The limits of an HTTP/2 connection.
 *
 * @param maxStreams how many streams may be open at a time
 * @param maxResets how many streams may be reset in {@link Http2Codec#RESET_WINDOW_SECONDS}
 */
public record Http2Limits(int maxStreams, int maxResets) {

    public static final int DEFAULT_MAX_STREAMS = 1_000;

    /**
     * Each stream may be reset a few times in the time of the limit. Browsers reset a stream whenever a page closes,
     * and a proxy passes on the resets of many browsers over one connection.
     */
    private static final int RESETS_PER_STREAM = 4;

    private static final int MIN_DEFAULT_RESETS = 200;

    public static int defaultMaxResets(int maxStreams) {
        return (int) Math.min(Integer.MAX_VALUE, Math.max(MIN_DEFAULT_RESETS, (long) maxStreams * RESETS_PER_STREAM));
    }
}
