package io.sluice.sse.hub.lane;

import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The sinks that are open on one lane, in no order; each knows its place, so that leaving costs no search. Confined to the lane. */
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

    /** The last one takes the place of the one that leaves. */
    void remove(LaneSink sink) {
        LaneSink last = get(--size);
        sinks[size] = null;
        if (last != sink) {
            sinks[sink.index] = last;
            last.index = sink.index;
        }
        sink.index = -1;
    }

    /** The one with this id, unless it is closing; looked for among all of them. */
    @Nullable
    LaneSink find(String id) {
        for (int i = 0; i < size; i++) {
            LaneSink sink = get(i);
            if (sink.isOpen() && isNamed(sink, id)) {
                return sink;
            }
        }
        return null;
    }

    /** Without making a string of its id for each sink that is asked. */
    private static boolean isNamed(LaneSink sink, String id) {
        return id.length() == digits(sink.number) && id.equals(sink.id());
    }

    private static int digits(long number) {
        int digits = 1;
        for (long rest = number / 10; rest > 0; rest /= 10) {
            digits++;
        }
        return digits;
    }

    /** Downwards: the visitor may close the sink, and others with it. */
    void forEach(Consumer<? super LaneSink> visitor) {
        for (int i = size - 1; i >= 0; i = Math.min(i, size) - 1) {
            visitor.accept(get(i));
        }
    }
}
