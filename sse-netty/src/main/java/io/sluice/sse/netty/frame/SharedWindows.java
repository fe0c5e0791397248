package io.sluice.sse.netty.frame;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The windows that groups of clients share: the last bytes that all clients of a group were sent. A frame for the group
 * is compressed with its window as the dictionary, so that it may refer to these bytes. Deflate refers by distance into
 * the output of the decoder. So a client can decode the frame if it was sent the bytes of the window last, in whatever
 * blocks.
 *
 * <p>A group is not configured. It is found by what its clients were sent: a {@link Point} stands for the frames that
 * some clients have in common, and a frame moves all of them to the next point ({@link Step}). When the lane releases a
 * frame, it is clear which clients got it, and the steps take effect ({@link #settle}). The window follows the majority
 * of its clients. A large minority takes a copy along. Other clients start again, with the frame as the first bytes
 * that they have in common with the largest group that got it.
 *
 * <p>A frame that only one client got never becomes part of a window. Confined to the lane.
 */
final class SharedWindows {

    /** With 32 KiB, the maximum of deflate, blocks were 4 % smaller, but it took four times as long to load it. */
    static final int WINDOW_BYTES = 8 * 1024;

    /** The most windows of a lane, half a megabyte. */
    private static final int MAX_WINDOWS = 64;

    /** How many clients make a window worth while. */
    private static final int MIN_CLIENTS = 2;

    /** How many clients make a group large. It keeps its window although it is a minority. */
    private static final int LARGE_GROUP = 8;

    /** For how many groups that are not large a frame is compressed. Clients of further ones start again. */
    private static final int SMALL_GROUPS = 2;

    private final List<Window> windows = new ArrayList<>();

    /** The last bytes that the clients of a group were sent. */
    static final class Window {

        private final byte[] bytes = new byte[WINDOW_BYTES];
        private int length;
        /** The group. Null once the window is dropped. */
        private @Nullable Point at;

        byte[] bytes() {
            return bytes;
        }

        int length() {
            return length;
        }

        private void append(NettyFrame frame) {
            int payload = frame.payloadBytes();
            int taken = Math.min(payload, WINDOW_BYTES);
            int kept = Math.min(length, WINDOW_BYTES - taken);
            System.arraycopy(bytes, length - kept, bytes, 0, kept);
            frame.copyPayload(payload - taken, bytes, kept, taken);
            length = kept + taken;
        }

        private void moveTo(Point point) {
            Point before = at;
            if (before != null) {
                before.window = null;
            }
            at = point;
            point.window = this;
        }

        private boolean hasSameBytes(Window other) {
            return length == WINDOW_BYTES && other.length == WINDOW_BYTES && Arrays.equals(bytes, other.bytes);
        }

        /** How many clients use it. */
        private int clients() {
            Point point = at;
            return point == null ? 0 : point.clients + point.moving;
        }
    }

    /** The frames up to one that some clients have in common. */
    static final class Point {

        /** How many clients were last sent the frame that leads here. */
        private int clients;
        /** How many clients have left by steps that have not taken effect. */
        private int moving;
        /** Null if none ends here, or until the steps to here have taken effect. */
        private @Nullable Window window;
        /** The frame that leads here, until its steps have taken effect. */
        private @Nullable NettyFrame frame;
        /** The point that stands for this one since both have the same window. */
        private @Nullable Point same;
        /** How many bytes the clients of this point have in common with those of {@link #same}. */
        private int common;

        /** The window that the next frame of these clients may refer to. */
        @Nullable
        Window window() {
            return window;
        }

        @Nullable
        Point same() {
            return same;
        }

        int common() {
            return common;
        }

        /** Whether the clients here have nothing that the next frame could refer to. */
        boolean isEnd() {
            return window == null && frame == null;
        }

        void add() {
            clients++;
        }

        void remove() {
            clients--;
        }
    }

    /** A frame moves the clients of one point to the next. */
    static final class Step {

        private final @Nullable Point from;
        private final Point to = new Point();
        private int receivers;
        private @Nullable NettyFrame form;
        private @Nullable Step next;

        private Step(@Nullable Point from) {
            this.from = from;
        }

        /** Null for clients that have nothing in common yet. */
        @Nullable
        Point from() {
            return from;
        }

        Point to() {
            return to;
        }

        /** The frame, compressed with the window of {@link #from}; null until a client needs it. */
        @Nullable
        NettyFrame form() {
            return form;
        }

        void setForm(NettyFrame newForm) {
            form = newForm;
        }

        @Nullable
        Step next() {
            return next;
        }

        void addReceiver() {
            receivers++;
            if (from != null) {
                from.moving++;
            }
        }
    }

    /**
     * The step of a client at {@code from}, or at no point.
     *
     * @return null if the steps of the frame have taken effect and none begins there
     */
    @Nullable
    Step step(NettyFrame frame, GzipFrame gzip, @Nullable Point from) {
        int small = 0;
        for (Step step = gzip.steps; step != null; step = step.next) {
            if (step.from == from) {
                return step;
            }
            small += step.from != null && step.from.clients + step.from.moving < LARGE_GROUP ? 1 : 0;
        }
        if (gzip.settled) {
            return null;
        }
        if (from != null && from.clients < LARGE_GROUP && small >= SMALL_GROUPS) {
            return step(frame, gzip, null);
        }
        Step step = new Step(from);
        step.to.frame = frame;
        step.next = gzip.steps;
        gzip.steps = step;
        return step;
    }

    /** Lets the steps of a frame take effect. The payload of the frame is still there. */
    void settle(NettyFrame frame, GzipFrame gzip) {
        if (gzip.settled) {
            return;
        }
        gzip.settled = true;
        for (Step step = gzip.steps; step != null; step = step.next) {
            step.to.frame = null; // first: if anything below fails, the clients there start again
        }
        for (Step step = gzip.steps; step != null; step = step.next) {
            NettyFrame before = step.from == null ? null : step.from.frame;
            if (before != null) {
                settle(before, Objects.requireNonNull(before.gzip())); // its clients got this frame as well
            }
        }
        Step largest = null;
        for (Step step = gzip.steps; step != null; step = step.next) {
            if (keepsWindow(step, frame)) {
                largest = larger(largest, step);
            }
        }
        if (largest == null) {
            largest = begin(frame, gzip);
        }
        if (largest != null) {
            joinAll(gzip, largest.to, frame.payloadBytes());
        }
    }

    private static Step larger(@Nullable Step a, Step b) {
        return a == null || b.to.clients > a.to.clients ? b : a;
    }

    /** Moves the window of the clients with them, if they are many. */
    private boolean keepsWindow(Step step, NettyFrame frame) {
        Point from = step.from;
        if (from == null) {
            return false;
        }
        from.moving -= step.receivers;
        Window window = from.window;
        if (window == null || step.receivers < MIN_CLIENTS) {
            return false;
        }
        if (step.receivers <= from.clients + from.moving) {
            Window copy = step.receivers < LARGE_GROUP ? null : obtain(step.receivers, window);
            if (copy == null) {
                return false;
            }
            System.arraycopy(window.bytes, 0, copy.bytes, 0, window.length);
            copy.length = window.length;
            window = copy;
        }
        window.append(frame);
        window.moveTo(step.to);
        return true;
    }

    /** Begins a window with the frame, for the clients that have nothing else in common. */
    private @Nullable Step begin(NettyFrame frame, GzipFrame gzip) {
        Step most = null;
        for (Step step = gzip.steps; step != null; step = step.next) {
            most = larger(most, step);
        }
        Window window = most == null || most.to.clients < MIN_CLIENTS ? null : obtain(most.to.clients, null);
        if (most == null || window == null) {
            return null;
        }
        window.append(frame);
        window.moveTo(most.to);
        return most;
    }

    /** Lets clients without a window, or with one of the same bytes, join the largest group that got the frame. */
    private void joinAll(GzipFrame gzip, Point largest, int payloadBytes) {
        Window shared = Objects.requireNonNull(largest.window);
        for (Step step = gzip.steps; step != null; step = step.next) {
            Window own = step.to.window;
            if (step.to == largest || (own != null && !own.hasSameBytes(shared))) {
                continue;
            }
            step.to.common = own == null ? payloadBytes : WINDOW_BYTES;
            if (own != null) {
                drop(own);
            }
            step.to.same = largest;
            largest.clients += step.to.clients;
        }
    }

    /**
     * An empty window for so many clients; null if all windows have as many.
     *
     * @param except a window that stays
     */
    private @Nullable Window obtain(int clients, @Nullable Window except) {
        if (windows.size() == MAX_WINDOWS) {
            Window least = null;
            for (Window window : windows) {
                if (window != except && (least == null || window.clients() < least.clients())) {
                    least = window;
                }
            }
            if (least == null || least.clients() >= clients) {
                return null;
            }
            drop(least);
        }
        Window window = new Window();
        windows.add(window);
        return window;
    }

    private void drop(Window window) {
        Point at = window.at;
        if (at != null) {
            at.window = null;
            window.at = null;
        }
        windows.remove(window);
    }

    /** The oldest window. */
    Window first() {
        return windows.get(0);
    }

    /** How many windows there are. */
    int size() {
        return windows.size();
    }

    /** The lane has no sinks any more. */
    void clear() {
        while (!windows.isEmpty()) {
            drop(windows.get(windows.size() - 1));
        }
    }
}
