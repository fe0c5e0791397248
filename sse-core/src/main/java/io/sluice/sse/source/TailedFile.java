package io.sluice.sse.source;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An open file that is read line by line as far as it has been written, and that detects truncation and replacement. It
 * has buffers only while they contain data. Not thread-safe.
 */
final class TailedFile {

    private static final int BLOCK = 8 * 1024;
    private static final byte[] NOTHING = {};

    private final Path path;
    private final Object key;
    private final RandomAccessFile file;
    private final int maxLineBytes;

    private byte[] block = NOTHING;
    private int at;
    private int end;

    /** The beginning of a line whose end has not been read yet. */
    private byte[] line = NOTHING;

    private int length;
    /** Whether that line is longer than its stored part. */
    private boolean isTooLong;

    private TailedFile(Path path, Object key, RandomAccessFile file, int maxLineBytes) {
        this.path = path;
        this.key = key;
        this.file = file;
        this.maxLineBytes = maxLineBytes;
    }

    /**
     * @param last the number of complete lines to start with; all lines if negative
     * @return null if there is no such file
     */
    static @Nullable TailedFile open(Path path, int maxLineBytes, int last) throws IOException {
        for (; ; ) {
            Object before = keyOf(path);
            if (before == null) {
                return null;
            }
            RandomAccessFile file = new RandomAccessFile(path.toFile(), "r");
            try {
                if (before.equals(keyOf(path))) { // the opened file is the one with this key
                    TailedFile opened = new TailedFile(path, before, file, maxLineBytes);
                    file.seek(last < 0 ? 0 : opened.beginningOfLast(last));
                    return opened;
                }
            } catch (Throwable t) {
                file.close();
                throw t;
            }
            file.close();
        }
    }

    /** The key that distinguishes files with the same name; null if there is no file of that name. */
    private static @Nullable Object keyOf(Path path) throws IOException {
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            if (!attributes.isRegularFile()) {
                throw new IOException(path + " is not a regular file");
            }
            return Objects.requireNonNullElse(attributes.fileKey(), path);
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /**
     * The offset at which the last complete lines begin. It searches at most as far back as lines of maximum length can
     * reach.
     */
    private long beginningOfLast(int lines) throws IOException {
        long size = file.length();
        long lowest = Math.max(0, size - (lines + 1L) * maxLineBytes);
        long begin = lowest == 0 ? 0 : size;
        int ends = 0;
        byte[] read = new byte[BLOCK];
        for (long to = size; to > lowest; ) {
            long from = Math.max(lowest, to - BLOCK);
            file.seek(from);
            file.readFully(read, 0, (int) (to - from));
            for (int i = (int) (to - from) - 1; i >= 0; i--) {
                if (read[i] == '\n') {
                    if (ends++ == lines) {
                        return from + i + 1;
                    }
                    begin = lowest == 0 ? 0 : from + i + 1;
                }
            }
            to = from;
        }
        return begin;
    }

    /** The next complete line; null if there is none yet. */
    @Nullable
    String nextLine() throws IOException {
        for (; ; ) {
            for (int i = at; i < end; i++) {
                if (block[i] == '\n') {
                    keep(i);
                    at = i + 1;
                    return takeLine();
                }
            }
            keep(end);
            if (file.getFilePointer() >= file.length()) {
                block = NOTHING;
                at = 0;
                end = 0;
                return null;
            }
            if (block.length == 0) {
                block = new byte[BLOCK];
            }
            at = 0;
            end = Math.max(0, file.read(block));
        }
    }

    /** A last line without a line end; null if there is none. */
    @Nullable
    String rest() {
        return length == 0 ? null : takeLine();
    }

    /** Adds the bytes up to {@code to} to the stored part of the line. */
    private void keep(int to) {
        int more = Math.min(to - at, maxLineBytes - length);
        isTooLong |= more < to - at;
        if (more > 0) {
            if (line.length < length + more) {
                line = Arrays.copyOf(line, Math.min(maxLineBytes, Math.max(length + more, 2 * line.length)));
            }
            System.arraycopy(block, at, line, length, more);
            length += more;
        }
        at = to;
    }

    private String takeLine() {
        int bytes = length;
        if (isTooLong) {
            while (bytes > 0 && (line[bytes - 1] & 0xC0) == 0x80) {
                bytes--; // do not cut inside a character
            }
            bytes -= bytes > 0 && (line[bytes - 1] & 0xC0) == 0xC0 ? 1 : 0;
        } else if (bytes > 0 && line[bytes - 1] == '\r') {
            bytes--;
        }
        String text = new String(line, 0, bytes, StandardCharsets.UTF_8);
        String taken = isTooLong ? text + "…" : text;
        clearLine();
        return taken;
    }

    private void clearLine() {
        if (line.length > BLOCK) {
            line = NOTHING;
        }
        length = 0;
        isTooLong = false;
    }

    /** Whether the file is shorter than what was already read. */
    boolean wasCut() throws IOException {
        return file.length() < file.getFilePointer();
    }

    /** Starts again from the beginning. */
    void rewind() throws IOException {
        file.seek(0);
        block = NOTHING;
        at = 0;
        end = 0;
        clearLine();
    }

    /** Whether another file has this name. A missing file does not count, because the new file may not exist yet. */
    boolean wasReplaced() throws IOException {
        Object now = keyOf(path);
        return now != null && !now.equals(key);
    }

    void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
