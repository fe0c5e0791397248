package io.sluice.sse.netty.frame;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Identity;
import io.sluice.sse.hub.lane.Frame;
import io.sluice.sse.hub.lane.HubLane;
import io.sluice.sse.hub.lane.LaneSink;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;

/** A client that keeps each frame twice: as an uncompressed client gets it, and as a compressing client gets it. */
final class GzipTwin extends LaneSink {

    private static final int HEADER = 10;
    /** The end of an empty stored block, which each decoder takes for a flush. */
    private static final byte[] FLUSH = {0, 0, -1, -1};

    private final GzipStream gzip;
    private final Identity identity;
    private final ByteArrayOutputStream plain = new ByteArrayOutputStream();
    private final ByteArrayOutputStream wire = new ByteArrayOutputStream();
    private final ByteArrayOutputStream decoded = new ByteArrayOutputStream();
    private final Inflater inflater = new Inflater(true);
    private int inflated;
    private boolean stalled;
    private boolean ended;
    private int lastForm;

    GzipTwin(HubLane lane, GzipStream gzip, String principal) {
        super(lane, null);
        this.gzip = gzip;
        this.identity = Identity.of(principal);
    }

    @Override
    public Identity identity() {
        return identity;
    }

    void setStalled(boolean isStalled) {
        stalled = isStalled;
        if (!isStalled) {
            becameWritable();
        }
    }

    boolean hasEnded() {
        return ended;
    }

    @Override
    protected boolean canWrite() {
        return !stalled;
    }

    @Override
    protected long room() {
        return stalled ? 0 : 1 << 20;
    }

    @Override
    protected void write(Frame written) {
        NettyFrame frame = (NettyFrame) written;
        plain.writeBytes(payload(frame));
        NettyFrame form = gzip.encode(frame);
        byte[] bytes = payload(form);
        assertThat(bytes)
                .as("%d compressed bytes of %d", bytes.length, frame.payloadBytes())
                .endsWith(FLUSH);
        lastForm = bytes.length;
        wire.writeBytes(bytes);
        gzip.written(form);
    }

    private static byte[] payload(NettyFrame frame) {
        byte[] bytes = new byte[frame.payloadBytes()];
        frame.copyPayload(0, bytes, 0, bytes.length);
        return bytes;
    }

    @Override
    protected void flush() {}

    @Override
    protected long pendingBytes() {
        return 0;
    }

    @Override
    protected long progress() {
        return 0;
    }

    @Override
    protected void end(CloseReason reason, boolean orderly) {
        byte[] last = "retry: 7\n\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        plain.writeBytes(last);
        wire.writeBytes(gzip.end(last));
        gzip.close();
        ended = true;
    }

    int plainBytes() {
        return plain.size();
    }

    int wireBytes() {
        return wire.size();
    }

    /** The size of the last frame in its compressed form. */
    int lastForm() {
        return lastForm;
    }

    byte[] plain() {
        return plain.toByteArray();
    }

    /** Whatever has been sent so far is decodable, complete and equal to what an uncompressed client got. */
    void assertDecodes() throws DataFormatException {
        byte[] bytes = wire.toByteArray();
        int from = Math.max(HEADER, inflated);
        if (bytes.length > from && !inflater.finished()) {
            inflater.setInput(bytes, from, bytes.length - from);
            byte[] buffer = new byte[4096];
            for (int count = inflater.inflate(buffer); count > 0; count = inflater.inflate(buffer)) {
                decoded.write(buffer, 0, count);
            }
            inflated = bytes.length;
        }
        byte[] expected = plain.toByteArray();
        byte[] actual = decoded.toByteArray();
        int mismatch = Arrays.mismatch(expected, actual);
        assertThat(mismatch)
                .as("first difference of %s plain and %s decoded bytes", expected.length, actual.length)
                .isEqualTo(-1);
    }

    /** The whole stream with its trailer, as the JDK decodes it. */
    void assertHasEndedInOrder() throws IOException {
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(wire.toByteArray()))) {
            assertThat(in.readAllBytes()).isEqualTo(plain.toByteArray());
            assertThat(in.read()).isEqualTo(-1);
        } finally {
            inflater.end();
        }
    }
}
