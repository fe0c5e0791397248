package io.sluice.sse.history;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Stores which positions may have been used, in a separate file. The file has two slots, which are written alternately
 * and forced each time, so that one of them is always valid. This information is not in the store, because a damaged
 * store falls back to an older state of itself, and a reservation must never fall back. Not thread-safe.
 */
final class PositionsFile {

    private static final int SLOT_BYTES = 8192;
    private static final long MAGIC = 0x736c756963653031L; // "sluice01"

    /**
     * The content of the file.
     *
     * @param epoch the epoch of the ids
     * @param reserved positions up to this one may have been used
     * @param head the last position that was used, if the stop was clean; otherwise -1
     * @param written the last position in the store at a clean stop
     * @param strict whether the writer forced each batch
     * @param lost the ranges that unclean stops have made uncertain
     */
    record Content(long epoch, long reserved, long head, long written, boolean strict, List<LostRange> lost) {

        boolean isClean() {
            return head >= 0;
        }
    }

    private final Path path;
    private long sequence;

    PositionsFile(Path path) {
        this.path = path;
    }

    /**
     * Reads the latest content; null if there is no file.
     *
     * @throws HistoryException if there is a file without valid content
     */
    @Nullable
    Content read() {
        if (!Files.exists(path)) {
            return null;
        }
        Content newest = null;
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
            for (int slot = 0; slot < 2; slot++) {
                byte[] bytes = new byte[SLOT_BYTES];
                int length = (int) Math.max(0, Math.min(SLOT_BYTES, file.length() - (long) slot * SLOT_BYTES));
                file.seek((long) slot * SLOT_BYTES);
                file.readFully(bytes, 0, length);
                Content content = parse(bytes);
                newest = content == null ? newest : content;
            }
        } catch (IOException e) {
            throw new HistoryException("history: " + path + " cannot be read", e);
        }
        if (newest == null) {
            throw new HistoryException(
                    "history: " + path
                            + " is damaged, so the used ids are unknown (expected: a copy of it, or an"
                            + " empty directory)",
                    null);
        }
        return newest;
    }

    /** @return null if the slot is not valid, or is older than one that was read before */
    private @Nullable Content parse(byte[] slot) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(slot))) {
            if (in.readLong() != MAGIC) {
                return null;
            }
            int length = in.readInt();
            long crc = in.readLong();
            if (length < 0 || length > SLOT_BYTES - 20 || crc != crc(slot, 20, length)) {
                return null;
            }
            long number = in.readLong();
            if (number <= sequence) {
                return null;
            }
            sequence = number;
            long epoch = in.readLong();
            long reserved = in.readLong();
            long head = in.readLong();
            long written = in.readLong();
            boolean strict = in.readBoolean();
            List<LostRange> lost = new ArrayList<>();
            for (int left = in.readInt(); left > 0; left--) {
                lost.add(new LostRange(in.readLong(), in.readLong()));
            }
            return new Content(epoch, reserved, head, written, strict, lost);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // impossible when reading from an array
        }
    }

    /** Writes the slot that does not have the latest content, and returns when it is on the disk. */
    void write(Content content) {
        sequence++;
        byte[] body = body(content);
        ByteArrayOutputStream slot = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(slot);
                RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            out.writeLong(MAGIC);
            out.writeInt(body.length);
            out.writeLong(crc(body, 0, body.length));
            out.write(body);
            file.seek((sequence & 1) * SLOT_BYTES);
            file.write(slot.toByteArray());
            file.getFD().sync();
        } catch (IOException e) {
            throw new HistoryException("history: " + path + " cannot be written", e);
        }
    }

    private byte[] body(Content content) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(body)) {
            out.writeLong(sequence);
            out.writeLong(content.epoch);
            out.writeLong(content.reserved);
            out.writeLong(content.head);
            out.writeLong(content.written);
            out.writeBoolean(content.strict);
            out.writeInt(content.lost.size());
            for (LostRange range : content.lost) {
                out.writeLong(range.after());
                out.writeLong(range.upTo());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e); // impossible when writing to an array
        }
        return body.toByteArray();
    }

    private static long crc(byte[] bytes, int from, int length) {
        CRC32 crc = new CRC32();
        crc.update(bytes, from, length);
        return crc.getValue();
    }
}
