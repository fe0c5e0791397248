package io.sluice.sse.hub.log;

import java.util.Objects;

/** The ids of a hub with a known epoch, for tests in other packages. */
public final class TestIds {

    private TestIds() {}

    public static String id(long epoch, long position) {
        return new EventIds(epoch).text(position);
    }

    public static long position(long epoch, String id) {
        return Objects.requireNonNull(new EventIds(epoch).positionOf(id));
    }
}
