package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.sluice.sse.netty.socket.SocketOptions;
import io.sluice.sse.netty.stream.NettySink;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The options that the kernel has for a client connection. */
class SocketOptionsTest {

    private static final ChannelOption<Integer> USER_TIMEOUT = new IntegerUnixChannelOption("TCP_USER_TIMEOUT", 6, 18);

    private static Channel channelOf(SseServer server) {
        List<Channel> channels = new CopyOnWriteArrayList<>();
        server.streams()
                .lanes()
                .all()
                .forEach(lane -> lane.forEachSink(sink -> channels.add(((NettySink) sink).channel()))
                        .toCompletableFuture()
                        .join());
        assertThat(channels).hasSize(1);
        return channels.get(0);
    }

    private static <T> T option(Channel channel, ChannelOption<T> option) {
        return channel.config().getOption(option);
    }

    @OverEachTransport
    void smallWritesAreSentAtOnceAndSilentPeersAreProbed(Transport transport) throws Exception {
        try (SseServer server = TestServers.on(transport).start();
                RawClient client = RawClient.open(server.port(), "/events/a")) {
            Channel channel = channelOf(server);
            assertThat(option(channel, ChannelOption.TCP_NODELAY)).isTrue();
            assertThat(option(channel, ChannelOption.SO_KEEPALIVE)).isTrue();
            assertThat(client.stream().status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "IO_URING"})
    void linuxBoundsUnsentBytesAndHasNoUserTimeout(Transport transport) throws Exception {
        try (SseServer server = TestServers.on(transport)
                        .writeTimeout(Duration.ofSeconds(7))
                        .start();
                RawClient client = RawClient.open(server.port(), "/events/a")) {
            Channel channel = channelOf(server);
            assertThat(option(channel, SocketOptions.NOTSENT_LOWAT)).isEqualTo(SocketOptions.UNSENT_BYTES);
            assertThat(option(channel, USER_TIMEOUT))
                    .as("the user timeout, which would reset slow readers")
                    .isZero();
            assertThat(option(channel, SocketOptions.KEEP_ALIVE_TIMES.idleSeconds()))
                    .as("idle time before probes, since heartbeats are enough")
                    .isGreaterThan(7);
            assertThat(client.stream().status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "IO_URING"})
    void linuxProbesWhenThereAreNoHeartbeats(Transport transport) throws Exception {
        try (SseServer server = TestServers.on(transport)
                        .heartbeat(Duration.ZERO)
                        .writeTimeout(Duration.ofSeconds(9))
                        .start();
                RawClient client = RawClient.open(server.port(), "/events/a")) {
            Channel channel = channelOf(server);
            assertThat(option(channel, SocketOptions.KEEP_ALIVE_TIMES.idleSeconds()))
                    .isEqualTo(9);
            assertThat(option(channel, SocketOptions.KEEP_ALIVE_TIMES.intervalSeconds()))
                    .isEqualTo(3);
            assertThat(option(channel, SocketOptions.KEEP_ALIVE_TIMES.count())).isEqualTo(3);
            assertThat(client.stream().status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "IO_URING"})
    void withoutAWriteTimeoutTheKernelHasNoneEither(Transport transport) throws Exception {
        try (SseServer server = TestServers.on(transport)
                        .heartbeat(Duration.ZERO)
                        .writeTimeout(Duration.ZERO)
                        .start();
                RawClient client = RawClient.open(server.port(), "/events/a")) {
            Channel channel = channelOf(server);
            assertThat(option(channel, USER_TIMEOUT)).isZero();
            assertThat(option(channel, SocketOptions.KEEP_ALIVE_TIMES.idleSeconds()))
                    .isGreaterThan(60);
            assertThat(client.stream().status()).isEqualTo(200);
        }
    }
}
