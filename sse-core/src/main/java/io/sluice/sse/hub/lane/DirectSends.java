package io.sluice.sse.hub.lane;

import org.jspecify.annotations.Nullable;

/**
 * Events that were sent to one sink directly, oldest first, with gaps where events were lost. They are linked through
 * {@link DirectSend#next}, so an event is in one list at a time. Not thread-safe.
 */
final class DirectSends {

    private @Nullable DirectSend first;
    private @Nullable DirectSend last;
    private int size;
    private int bytes;

    /** The number of events, without the gaps. */
    int size() {
        return size;
    }

    /** The wire bytes of all events, without the gaps. */
    int bytes() {
        return bytes;
    }

    boolean isEmpty() {
        return first == null;
    }

    @Nullable
    DirectSend first() {
        return first;
    }

    void add(DirectSend send) {
        if (last == null) {
            first = send;
        } else {
            last.next = send;
        }
        last = send;
        count(send, 1);
    }

    /** Events were lost after the last one. */
    void addGap() {
        if (last == null || !last.isGap()) {
            add(DirectSend.gap());
        }
    }

    private void count(DirectSend send, int change) {
        if (!send.isGap()) {
            size += change;
            bytes += change * send.wire.length;
        }
    }

    /** Moves the first events: as many as {@code maxBytes} allow, and at least one if there is one. */
    void moveTo(DirectSends into, long maxBytes) {
        long moved = 0;
        for (DirectSend send = first; send != null; send = first) {
            moved += send.wire.length;
            if (moved > maxBytes && moved > send.wire.length) {
                return;
            }
            remove(null, send);
            into.add(send);
        }
    }

    /** Removes the oldest event that may be dropped for a later one, and leaves a gap. Null if there is none. */
    @Nullable
    DirectSend dropOldest() {
        DirectSend before = null;
        for (DirectSend send = first; send != null; send = send.next) {
            if (!send.kept) {
                DirectSend after = send.next;
                remove(before, send);
                if (!(before != null && before.isGap()) && !(after != null && after.isGap())) {
                    insertGap(before, after);
                }
                return send;
            }
            before = send;
        }
        return null;
    }

    private void insertGap(@Nullable DirectSend before, @Nullable DirectSend after) {
        DirectSend gap = DirectSend.gap();
        gap.next = after;
        if (before == null) {
            first = gap;
        } else {
            before.next = gap;
        }
        if (after == null) {
            last = gap;
        }
    }

    private void remove(@Nullable DirectSend before, DirectSend send) {
        if (before == null) {
            first = send.next;
        } else {
            before.next = send.next;
        }
        if (send == last) {
            last = before;
        }
        send.next = null;
        count(send, -1);
    }

    /** All events have been passed to the connection. Removes them and completes their stages. */
    void succeed() {
        for (DirectSend send = removeFirst(); send != null; send = removeFirst()) {
            send.succeed();
        }
    }

    /** Removes all events and fails their stages. */
    void fail(Throwable cause) {
        for (DirectSend send = removeFirst(); send != null; send = removeFirst()) {
            send.fail(cause);
        }
    }

    private @Nullable DirectSend removeFirst() {
        DirectSend send = first;
        if (send != null) {
            remove(null, send);
        }
        return send;
    }
}
