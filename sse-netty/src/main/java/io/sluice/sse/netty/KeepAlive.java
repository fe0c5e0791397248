package io.sluice.sse.netty;

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
 * The options that time the kernel's own probes of a silent connection: when they begin, how far apart they are, and how
 * many without an answer end it. They take the place of heartbeats where those are off; the system's usual two hours are
 * too long for that. While bytes are on their way the kernel sends no probes.
 */
record KeepAlive(
        ChannelOption<Integer> idleSeconds, ChannelOption<Integer> intervalSeconds, ChannelOption<Integer> count) {

    private static final int PROBES = 3;
    /** The most that Linux takes. */
    private static final long MOST_SECONDS = 32_767;

    /** Those of the JDK's sockets; null where this system or this JDK lacks them. */
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
        } catch (IOException | LinkageError e) { // a runtime image may leave the module jdk.net out
            return null;
        }
    }

    /** A peer that answers nothing is gone after once to twice this time. */
    void forEach(Duration silence, BiConsumer<ChannelOption<Integer>, Integer> setter) {
        int seconds = (int) Math.max(1, Math.min(MOST_SECONDS, silence.toSeconds()));
        setter.accept(idleSeconds, seconds);
        setter.accept(intervalSeconds, Math.max(1, seconds / PROBES));
        setter.accept(count, PROBES);
    }
}
