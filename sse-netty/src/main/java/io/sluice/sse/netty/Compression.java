package io.sluice.sse.netty;

/**
 * How a stream is compressed if its client accepts gzip. Each batch of events is complete when it arrives, so
 * compression delays no event.
 *
 * <p>Compression can reveal a secret: if a stream has a secret beside text that an attacker chooses, the length of the
 * stream shows how much the two have in common (BREACH). Such a stream must be {@link #OFF}.
 */
public enum Compression {

    /** The stream is not compressed. */
    OFF,

    /**
     * An event is compressed once per event loop for all clients that get it. Clients that get the same events also
     * share the window of earlier events, so a client costs no compressor. An event that one client gets is compressed
     * alone, without earlier events.
     */
    SHARED,

    /**
     * The stream has a compressor of its own, with a window over all that the client gets, for streams of one client
     * such as tokens or pages. Each costs about 270 kB. If {@link SseServerBuilder#maxCompressors} streams have one,
     * the next ones are {@link #SHARED}.
     */
    PER_STREAM
}
