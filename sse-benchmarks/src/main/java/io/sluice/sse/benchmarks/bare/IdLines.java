package io.sluice.sse.benchmarks.bare;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;

/**
 * Id lines like those of Sluice: ten characters that stay, and eleven digits of base 32 that count. So the events of
 * both servers are equally long, and as easy to compress. Confined to the event loop.
 */
final class IdLines {

    private static final String PREFIX = "id: 1iabsa6ue0-";
    private static final int DIGITS = 11;
    private static final int BITS = 5;

    private long next;

    /** Appends the line of the next event. */
    void writeTo(ByteBuf events) {
        ByteBufUtil.writeAscii(events, PREFIX);
        for (int digit = DIGITS - 1; digit >= 0; digit--) {
            events.writeByte(Character.forDigit((int) (next >>> (BITS * digit)) & 31, 32));
        }
        events.writeByte('\n');
        next++;
    }
}
