package io.sluice.sse.netty.connection;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops accepting for a moment after a failed accept, for example because no file descriptor is free. Without the pause
 * the kernel would report the same connection again and again.
 *
 * <p>A handler of the listening channel. Confined to its event loop.
 */
final class AcceptBackoff extends ChannelInboundHandlerAdapter {

    /** The category of all that concerns accepting. */
    private static final Logger log = LoggerFactory.getLogger("io.sluice.sse.netty.ServerAcceptor");

    private static final long PAUSE_MILLIS = 1_000;
    private static final long WARNING_NANOS = RejectionLog.WINDOW_NANOS;

    private final AcceptSwitch accepting;

    private boolean pausing;
    private long failures;
    private long warnedNanos = System.nanoTime() - WARNING_NANOS;

    AcceptBackoff(AcceptSwitch accepting) {
        this.accepting = accepting;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {
        failures++;
        log.debug("accepting failed: {}", failure.toString());
        long now = System.nanoTime();
        if (now - warnedNanos >= WARNING_NANOS) {
            warnedNanos = now;
            log.warn("accepting failed, {} times so far; pausing for {} ms", failures, PAUSE_MILLIS, failure);
        }
        if (!pausing) {
            pausing = true;
            accepting.hold(ctx);
            ctx.executor().schedule(() -> resume(ctx), PAUSE_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void resume(ChannelHandlerContext ctx) {
        pausing = false;
        accepting.release(ctx);
    }
}
