package io.sluice.sse.hub.lane;

import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The open sinks of one lane, in no order. Each sink knows its index, so removal needs no search. Confined to the lane.
 */
final class LaneSinks {

    private @Nullable LaneSink[] sinks = new @Nullable LaneSink[16];
    private int size;

    int size() {
        return size;
    }

    LaneSink get(int at) {
        return Objects.requireNonNull(sinks[at]);
    }

    void add(LaneSink sink) {
        if (size == sinks.length) {
            sinks = Arrays.copyOf(sinks, size * 2);
        }
        sink.index = size;
        sinks[size++] = sink;
    }

    /** Removes the sink. The last sink takes its index. */
    void remove(LaneSink sink) {
        LaneSink last = get(--size);
        sinks[size] = null;
        if (last != sink) {
            sinks[sink.index] = last;
            last.index = sink.index;
        }
        sink.index = -1;
    }

    /** Searches all sinks for the one with this id; null if there is none or if it closes. */
    @Nullable
    LaneSink find(String id) {
        for (int i = 0; i < size; i++) {
            LaneSink sink = get(i);
            if (sink.isOpen() && hasId(sink, id)) {
                return sink;
            }
        }
        return null;
    }

    /** Compares the lengths first, so that the id of most sinks need not be made. */
    private static boolean hasId(LaneSink sink, String id) {
        return id.length() == digits(sink.number) && id.equals(sink.id());
    }

    private static int digits(long number) {
        int digits = 1;
        for (long rest = number / 10; rest > 0; rest /= 10) {
            digits++;
        }
        return digits;
    }

    /** Visits the sinks from the last to the first, because the visitor may close the sink and others with it. */
    void forEach(Consumer<? super LaneSink> visitor) {
        for (int i = size - 1; i >= 0; i = Math.min(i, size) - 1) {
            visitor.accept(get(i));
        }
    }
}
