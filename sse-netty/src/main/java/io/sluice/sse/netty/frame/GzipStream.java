package io.sluice.sse.netty.frame;

import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;

/**
 * The compressed stream of one client: gives each frame the form in which the client gets it, in the order in which it
 * gets them. Confined to the lane.
 */
public abstract class GzipStream {

    static final byte[] NOTHING = new byte[0];

    final GzipFrames frames;

    // Of all that the client was sent, not compressed.
    private int crc;
    /** Modulo 2<sup>32</sup>, as the format demands. */
    private int length;

    private boolean begun;
    private boolean closed;

    private GzipStream(GzipFrames frames) {
        this.frames = frames;
        frames.opened();
    }

    /**
     * The form of a frame for this client, which gets it next. The caller writes it and then calls {@link #written}
     * once.
     */
    public final NettyFrame encode(NettyFrame frame) {
        NettyFrame form = encode(frame, !begun);
        begun = true;
        GzipFrame gzip = frames.of(frame);
        crc = Crc32Combination.combine(crc, gzip.crc, gzip.crcOperator);
        length += frame.payloadBytes();
        return form;
    }

    abstract NettyFrame encode(NettyFrame frame, boolean isFirst);

    /** The caller has written the form. */
    public abstract void written(NettyFrame form);

    /** The end of the stream. @param lastText text that the client gets before the end */
    public final byte[] end(byte[] lastText) {
        if (!begun) {
            return NOTHING;
        }
        CRC32 last = new CRC32();
        last.update(lastText);
        int all = Crc32Combination.combine(crc, (int) last.getValue(), Crc32Combination.operator(lastText.length));
        return GzipFormat.end(lastText, all, length + lastText.length);
    }

    /** The client has left. Further calls have no effect. */
    public final void close() {
        if (!closed) {
            closed = true;
            onClose();
            frames.closed();
        }
    }

    public final boolean isClosed() {
        return closed;
    }

    abstract void onClose();

    /** Shares what is compressed with the other clients of its lane. Costs two references and an int. */
    public static final class Shared extends GzipStream {

        /** What the client has in common with others; null if nothing. */
        private SharedWindows.@Nullable Point at;

        /** How many bytes of it, up to the size of a window. */
        private int common;

        public Shared(GzipFrames frames) {
            super(frames);
        }

        @Override
        NettyFrame encode(NettyFrame frame, boolean isFirst) {
            if (isFirst) {
                return frames.first(frame);
            }
            if (frame.events() == 0) {
                startAgain(); // bytes of its own are between it and the window now
                return frames.independent(frame);
            }
            findPoint();
            GzipFrame gzip = frames.of(frame);
            SharedWindows.Step step = frames.windows().step(frame, gzip, at);
            if (step == null || step.from() != at) {
                startAgain();
            }
            if (step == null) {
                return frames.independent(frame);
            }
            NettyFrame form = form(frame, step);
            if (at != null) {
                at.remove();
            }
            if (!gzip.settled) {
                step.addReceiver();
            }
            at = step.to();
            common = Math.min(SharedWindows.WINDOW_BYTES, common + frame.payloadBytes());
            arrive();
            return form;
        }

        private NettyFrame form(NettyFrame frame, SharedWindows.Step step) {
            SharedWindows.Window window = at == null ? null : at.window();
            if (window == null || common < window.length() || !GzipFrames.gainsFromWindow(frame)) {
                return frames.independent(frame);
            }
            NettyFrame form = step.form();
            if (form == null) {
                form = frames.withWindow(frame, window);
                step.setForm(form);
            }
            return form;
        }

        /** The frame may have been settled before, and other clients may stand for this point by now. */
        private void arrive() {
            followSame();
            if (at != null) {
                at.add();
            }
        }

        private void followSame() {
            while (at != null && at.same() != null) {
                common = Math.min(common, at.common());
                at = at.same();
            }
        }

        private void findPoint() {
            followSame();
            if (at != null && at.isEnd()) {
                startAgain();
            }
        }

        private void startAgain() {
            followSame();
            if (at != null) {
                at.remove();
                at = null;
            }
            common = 0;
        }

        @Override
        public void written(NettyFrame form) {
            // The plain frame owns it.
        }

        @Override
        void onClose() {
            startAgain();
        }
    }

    /** Has a compressor of its own. */
    public static final class Own extends GzipStream {

        private final Runnable release;
        private @Nullable Deflater deflater;

        /** @param release runs once, when the compressor is not needed any more */
        public Own(GzipFrames frames, Runnable release) {
            super(frames);
            this.release = release;
        }

        @Override
        NettyFrame encode(NettyFrame frame, boolean isFirst) {
            Deflater own = deflater;
            if (own == null) {
                own = frames.newDeflater();
                deflater = own;
            }
            return frames.next(frame, own, isFirst);
        }

        @Override
        public void written(NettyFrame form) {
            frames.release(form);
        }

        @Override
        void onClose() {
            Deflater own = deflater;
            if (own != null) {
                deflater = null;
                frames.end(own);
            }
            release.run();
        }
    }
}
