package io.sluice.sse.netty;

import java.io.IOException;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * A client that has sent one request and reads its response, over any {@link ClientProtocol}. It reads only within a
 * call of a method that awaits something; meanwhile it stalls. Not thread-safe.
 */
interface StreamClient extends AutoCloseable {

    /** The response as far as it was read. */
    RawStream stream();

    /** Reads until the condition holds. */
    StreamClient await(BooleanSupplier condition, String what) throws IOException;

    StreamClient awaitHead() throws IOException;

    /** Reads the head and the first block of a stream. */
    StreamClient awaitStream() throws IOException;

    StreamClient awaitEvents(int count) throws IOException;

    /** Reads the whole response, or to the end of the connection. @return whether one of the two came in time */
    boolean awaitResponse(Duration within);

    /**
     * Reads to the end of the stream: over HTTP/1.1 to the end of its connection, over HTTP/2 also to an RST_STREAM.
     *
     * @return whether it came in time
     */
    boolean awaitEnd(Duration within);

    /** Reads once, whatever arrives within the time. */
    void read(Duration within) throws IOException;

    /** Ends the stream in order, as a closed page does: a FIN after close_notify, or RST_STREAM with CANCEL. */
    void leave() throws IOException;

    /** Ends the stream abruptly: an RST, or RST_STREAM with an error. */
    void reset() throws IOException;

    /** Ends the connection. */
    @Override
    void close() throws IOException;
}
