package io.sluice.sse.netty.socket;

import io.netty.channel.ChannelOption;
import io.netty.channel.socket.nio.NioChannelOption;
import java.io.IOException;
import java.net.SocketOption;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Set;
import java.util.function.BiConsumer;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;

/**
 * The socket options for the kernel's keep-alive probes of a silent connection: the silence before the first probe, the
 * interval, and how many unanswered probes end the connection. The probes replace heartbeats that are turned off; the
 * system's default of two hours is too long for that. The kernel sends no probes while sent bytes are unacknowledged.
 */
public record KeepAlive(
        ChannelOption<Integer> idleSeconds, ChannelOption<Integer> intervalSeconds, ChannelOption<Integer> count) {

    private static final int PROBES = 3;
    /** The largest value that Linux accepts. */
    private static final long MAX_SECONDS = 32_767;

    /** The options of the JDK's sockets; null if this system or this JDK lacks them. */
    static @Nullable KeepAlive ofJdk() {
        try (SocketChannel probe = SocketChannel.open()) {
            Set<SocketOption<?>> supported = probe.supportedOptions();
            if (!supported.containsAll(Set.of(
                    ExtendedSocketOptions.TCP_KEEPIDLE,
                    ExtendedSocketOptions.TCP_KEEPINTERVAL,
                    ExtendedSocketOptions.TCP_KEEPCOUNT))) {
                return null;
            }
            return new KeepAlive(
                    NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE),
                    NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL),
                    NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT));
        } catch (IOException | LinkageError e) { // a runtime image may lack the module jdk.net
            return null;
        }
    }

    /** Sets the options so that an unresponsive peer is detected after one to two times the given silence. */
    void forEach(Duration silence, BiConsumer<ChannelOption<Integer>, Integer> setter) {
        int seconds = (int) Math.max(1, Math.min(MAX_SECONDS, silence.toSeconds()));
        setter.accept(idleSeconds, seconds);
        setter.accept(intervalSeconds, Math.max(1, seconds / PROBES));
        setter.accept(count, PROBES);
    }
}
