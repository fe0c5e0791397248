package io.sluice.sse.netty.frame;

/**
 * The parts of a gzip stream that need no compressor (RFC 1951 and 1952). Every block of a stream ends at the end of a
 * byte, so blocks of different origin may follow each other.
 */
final class GzipFormat {

    /** The most bytes that one stored block holds. */
    private static final int STORED_BYTES = 65_535;

    private static final int STORED_HEADER = 5;

    /** Deflate, no flags, no time, unknown operating system. */
    private static final byte[] HEADER = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 0xff};

    /**
     * An empty stored block. Some decoders deliver what they have decoded only after one, as that of Go, whose HTTP
     * client asks for gzip by itself. A deflater ends a flush with it.
     */
    private static final byte[] FLUSH = {0, 0, 0, (byte) 0xff, (byte) 0xff};

    /** An empty final block, with the codes that the format defines. */
    private static final byte[] FINAL_BLOCK = {3, 0};

    private GzipFormat() {}

    /** The bytes that a stream begins with. The caller must not change them. */
    static byte[] header() {
        return HEADER;
    }

    /** The bytes after stored blocks, so that a client gets them at once. The caller must not change them. */
    static byte[] flush() {
        return FLUSH;
    }

    /** How long stored blocks with this many bytes are, with the flush after them. */
    static int storedLength(int bytes) {
        return bytes + STORED_HEADER * ((bytes + STORED_BYTES - 1) / STORED_BYTES) + FLUSH.length;
    }

    /** The number of bytes in the next stored block. */
    static int nextStored(int bytesLeft) {
        return Math.min(bytesLeft, STORED_BYTES);
    }

    /** Writes the header of a stored block. @return the index after it */
    static int putStoredHeader(byte[] to, int index, int bytes) {
        to[index] = 0; // not final, stored
        to[index + 1] = (byte) bytes;
        to[index + 2] = (byte) (bytes >>> 8);
        to[index + 3] = (byte) ~bytes;
        to[index + 4] = (byte) (~bytes >>> 8);
        return index + STORED_HEADER;
    }

    /**
     * The end of a stream: the last text in a stored block, the final block, and the trailer.
     *
     * @param crc of the whole stream, with the last text
     * @param length of the whole stream, modulo 2<sup>32</sup>
     */
    static byte[] end(byte[] lastText, int crc, int length) {
        int text = lastText.length == 0 ? 0 : STORED_HEADER + lastText.length;
        byte[] end = new byte[text + FINAL_BLOCK.length + 8];
        if (text > 0) {
            int at = putStoredHeader(end, 0, lastText.length);
            System.arraycopy(lastText, 0, end, at, lastText.length);
        }
        System.arraycopy(FINAL_BLOCK, 0, end, text, FINAL_BLOCK.length);
        for (int i = 0; i < 4; i++) {
            end[text + 2 + i] = (byte) (crc >>> (8 * i));
            end[text + 6 + i] = (byte) (length >>> (8 * i));
        }
        return end;
    }
}
