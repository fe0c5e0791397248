package io.sluice.sse.test;

import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/** Decodes a body in gzip as it arrives: one member, whose end is checked. Not thread-safe. */
final class GzipDecoder {

    private static final byte[] HEADER = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 0xff};
    private static final int TRAILER = 8;

    /** Takes what was decoded. */
    interface Output {
        void take(byte[] bytes, int offset, int length);
    }

    private final CRC32 crc = new CRC32();
    private @Nullable Inflater inflater;
    private long decoded;
    private int headerBytes;
    private int trailerBytes;
    private long trailer;

    void feed(byte[] bytes, int offset, int length, Output output) {
        int at = offset;
        int end = offset + length;
        while (at < end && headerBytes < HEADER.length) {
            if (bytes[at++] != HEADER[headerBytes++]) {
                throw new AssertionError("no plain header of gzip");
            }
        }
        if (at == end) {
            return;
        }
        at = end - inflate(bytes, at, end - at, output);
        for (; at < end; at++) {
            if (trailerBytes == TRAILER) {
                throw new AssertionError("bytes after the end of the gzip stream");
            }
            trailer |= (bytes[at] & 0xffL) << (8 * trailerBytes++);
        }
        if (trailerBytes == TRAILER && trailer != (crc.getValue() | (decoded << 32))) {
            throw new AssertionError("the trailer of gzip does not fit the %d bytes".formatted(decoded));
        }
    }

    /** @return how many bytes are left after the end of the compressed data */
    private int inflate(byte[] bytes, int offset, int length, Output output) {
        Inflater raw = inflater;
        if (raw == null) {
            raw = new Inflater(true);
            inflater = raw;
        }
        if (raw.finished()) {
            return length;
        }
        raw.setInput(bytes, offset, length);
        byte[] buffer = new byte[8192];
        try {
            for (int count = raw.inflate(buffer); count > 0; count = raw.inflate(buffer)) {
                crc.update(buffer, 0, count);
                decoded += count;
                output.take(buffer, 0, count);
            }
        } catch (DataFormatException e) {
            throw new AssertionError("not decodable after %d bytes".formatted(decoded), e);
        }
        return raw.getRemaining();
    }

    /** The body has ended in order. */
    void assertHasEnded() {
        if (headerBytes > 0 && trailerBytes < TRAILER) {
            throw new AssertionError("the gzip stream has no end");
        }
    }
}
