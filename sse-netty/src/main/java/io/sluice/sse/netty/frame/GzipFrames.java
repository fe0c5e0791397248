package io.sluice.sse.netty.frame;

import io.sluice.sse.Ledger;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;

/**
 * Makes the compressed forms of the frames of a lane. A form is a frame like the plain one, whose payload is a part of
 * a gzip stream that ends at the end of a byte. Confined to the lane.
 */
public final class GzipFrames {

    /** Smaller frames, such as heartbeats, are stored: compressing them would save a few bytes only. */
    private static final int MIN_COMPRESSED = 50;

    /** Larger frames are stored: compressing them would block the lane for longer than a slice of a pass. */
    private static final int MAX_COMPRESSED = 1 << 20;

    /** Larger frames gain next to nothing from earlier frames, and a higher level would take them much longer. */
    private static final int MAX_WITH_WINDOW = 2 * SharedWindows.WINDOW_BYTES;

    /**
     * The level of small frames. A batch of events is 1 to 9 % smaller than with the default level, for 7 to 36 % more
     * time; level 9 gains nothing more.
     */
    private static final int LEVEL_OF_SMALL = 8;

    /** A larger buffer is not kept. */
    private static final int KEPT_BUFFER = 64 * 1024;

    private final BatchFramer framer;
    private final Ledger ledger;
    private final SharedWindows windows = new SharedWindows();
    private final CRC32 crc = new CRC32();

    /** One for all clients of the lane: it forgets everything before each block. Null until the first block. */
    private @Nullable Deflater shared;

    private int streams;

    private byte[] buffer = new byte[0];
    private int length;

    GzipFrames(BatchFramer framer, Ledger ledger) {
        this.framer = framer;
        this.ledger = ledger;
    }

    SharedWindows windows() {
        return windows;
    }

    /** A stream that gets compressed forms begins. */
    void opened() {
        streams++;
    }

    /** It has ended. Without such streams the lane needs no compressor and no window. */
    void closed() {
        if (--streams == 0) {
            windows.clear();
            Deflater deflater = shared;
            if (deflater != null) {
                shared = null;
                end(deflater);
            }
        }
    }

    /** A compressor that must be ended by {@link #end}. */
    Deflater newDeflater() {
        Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
        ledger.add(Ledger.Kind.COMPRESSORS, 1);
        return deflater;
    }

    /** Frees the memory of a compressor. */
    void end(Deflater deflater) {
        deflater.end();
        ledger.add(Ledger.Kind.COMPRESSORS, -1);
    }

    /** What the compressing clients share of the frame. */
    GzipFrame of(NettyFrame frame) {
        GzipFrame gzip = frame.gzip();
        if (gzip == null) {
            crc.reset();
            for (ByteBuffer part : frame.payload()) {
                crc.update(part);
            }
            gzip = new GzipFrame((int) crc.getValue(), Crc32Combination.operator(frame.payloadBytes()));
            frame.setGzip(gzip);
        }
        return gzip;
    }

    // ---- forms that the frame owns

    /** The form for a client whose first frame this is. */
    NettyFrame first(NettyFrame frame) {
        GzipFrame gzip = of(frame);
        NettyFrame form = gzip.first;
        if (form == null) {
            begin(GzipFormat.header().length + GzipFormat.storedLength(frame.payloadBytes()));
            append(GzipFormat.header());
            store(frame);
            form = framer.frame(buffer, length);
            gzip.first = form;
            trim();
        }
        return form;
    }

    /** The form that every client can decode. */
    NettyFrame independent(NettyFrame frame) {
        GzipFrame gzip = of(frame);
        NettyFrame form = gzip.independent;
        if (form == null) {
            form = isStored(frame) ? stored(frame) : deflated(frame, null);
            gzip.independent = form;
        }
        return form;
    }

    /** Whether earlier frames make the form of this frame smaller. */
    static boolean gainsFromWindow(NettyFrame frame) {
        return frame.payloadBytes() <= MAX_WITH_WINDOW;
    }

    /** The form that only clients can decode whose last bytes are those of the window. The caller owns it. */
    NettyFrame withWindow(NettyFrame frame, SharedWindows.Window window) {
        return deflated(frame, window);
    }

    private static boolean isStored(NettyFrame frame) {
        return frame.payloadBytes() < MIN_COMPRESSED || frame.payloadBytes() > MAX_COMPRESSED;
    }

    private NettyFrame stored(NettyFrame frame) {
        begin(GzipFormat.storedLength(frame.payloadBytes()));
        store(frame);
        NettyFrame form = framer.frame(buffer, length);
        trim();
        return form;
    }

    private NettyFrame deflated(NettyFrame frame, SharedWindows.@Nullable Window window) {
        Deflater deflater = shared;
        if (deflater == null) {
            deflater = newDeflater();
            shared = deflater;
        }
        deflater.reset();
        deflater.setLevel(gainsFromWindow(frame) ? LEVEL_OF_SMALL : Deflater.DEFAULT_COMPRESSION);
        if (window != null) {
            deflater.setDictionary(window.bytes(), 0, window.length());
        }
        begin(frame.payloadBytes() / 2 + 64);
        deflate(deflater, frame);
        NettyFrame form = framer.frame(buffer, length);
        trim();
        return form;
    }

    // ---- forms of a stream with a compressor of its own

    /**
     * The next part of a stream. The caller releases it.
     *
     * @param isFirst whether the stream begins with it
     */
    NettyFrame next(NettyFrame frame, Deflater ofStream, boolean isFirst) {
        begin(frame.payloadBytes() / 2 + 64);
        if (isFirst) {
            append(GzipFormat.header());
        }
        deflate(ofStream, frame);
        NettyFrame form = framer.frame(buffer, length);
        trim();
        return form;
    }

    void release(NettyFrame form) {
        framer.release(form);
    }

    /** The lane releases a frame: every client that gets it has got it. */
    void release(NettyFrame frame, GzipFrame gzip) {
        try {
            windows.settle(frame, gzip);
        } finally {
            releaseIfMade(gzip.first);
            releaseIfMade(gzip.independent);
            for (SharedWindows.Step step = gzip.steps; step != null; step = step.next()) {
                releaseIfMade(step.form());
            }
        }
    }

    private void releaseIfMade(@Nullable NettyFrame form) {
        if (form != null) {
            framer.release(form);
        }
    }

    // ---- the buffer

    private void begin(int estimate) {
        length = 0;
        reserve(estimate);
    }

    private void reserve(int more) {
        if (buffer.length - length < more) {
            buffer = Arrays.copyOf(buffer, Math.max(length + more, buffer.length * 2));
        }
    }

    private void append(byte[] bytes) {
        reserve(bytes.length);
        System.arraycopy(bytes, 0, buffer, length, bytes.length);
        length += bytes.length;
    }

    private void store(NettyFrame frame) {
        int left = frame.payloadBytes();
        reserve(GzipFormat.storedLength(left));
        for (int at = 0; left > 0; ) {
            int bytes = GzipFormat.nextStored(left);
            length = GzipFormat.putStoredHeader(buffer, length, bytes);
            frame.copyPayload(at, buffer, length, bytes);
            length += bytes;
            at += bytes;
            left -= bytes;
        }
        append(GzipFormat.flush());
    }

    /** Appends the compressed payload, up to the end of a byte. */
    private void deflate(Deflater deflater, NettyFrame frame) {
        ByteBuffer[] parts = frame.payload();
        for (int i = 0; i < parts.length; i++) {
            deflater.setInput(parts[i]);
            int flush = i == parts.length - 1 ? Deflater.SYNC_FLUSH : Deflater.NO_FLUSH;
            int room;
            int written;
            do {
                reserve(64);
                room = buffer.length - length;
                written = deflater.deflate(buffer, length, room, flush);
                length += written;
            } while (written == room || !deflater.needsInput());
        }
        deflater.setInput(GzipStream.NOTHING); // or it would keep a reference to the frame
    }

    private void trim() {
        if (buffer.length > KEPT_BUFFER) {
            buffer = new byte[0];
        }
    }
}
