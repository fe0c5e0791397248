package io.sluice.sse.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.metrics.CommandLatencyRecorder;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.EpollProvider;
import io.lettuce.core.resource.IOUringProvider;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import io.netty.handler.flush.FlushConsolidationHandler;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * The Redis client with its threads, and the options that keep it bounded. Lettuce would by default queue any number of
 * commands, connect again by itself, and then send again what had no answer. Here none of this happens.
 */
final class Connector implements AutoCloseable {

    private static final RedisCodec<String, byte[]> CODEC = RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);

    /** Commands of the backplane itself, besides the changes. */
    private static final int OWN_COMMANDS = 64;

    /**
     * The client flushes each command. Those of a publisher that does not wait reach the event loop in groups, and a
     * group needs one system call.
     */
    private static final NettyCustomizer COMMANDS_TOGETHER = new NettyCustomizer() {
        @Override
        public void afterChannelInitialized(Channel channel) {
            channel.pipeline()
                    .addFirst(new FlushConsolidationHandler(
                            FlushConsolidationHandler.DEFAULT_EXPLICIT_FLUSH_AFTER_FLUSHES, true));
        }
    };

    /** A connection that was being made may not end. */
    private static final long LONGEST_CLOSE_SECONDS = 3;

    private final ClientResources resources;
    private final RedisClient client;
    private final RedisURI uri;

    Connector(RedisOptions options) {
        this.uri = options.uri();
        Duration timeout = options.timeouts().command();
        uri.setTimeout(timeout);
        uri.getSentinels().forEach(sentinel -> sentinel.setTimeout(timeout));
        this.resources = DefaultClientResources.builder()
                .ioThreadPoolSize(2)
                .computationThreadPoolSize(2)
                .commandLatencyRecorder(CommandLatencyRecorder.disabled())
                .nettyCustomizer(COMMANDS_TOGETHER)
                .build();
        this.client = RedisClient.create(resources);
        client.setOptions(ClientOptions.builder()
                .autoReconnect(false)
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .requestQueueSize(options.bounds().pendingEntries() + OWN_COMMANDS)
                .protocolVersion(ProtocolVersion.RESP2)
                .timeoutOptions(TimeoutOptions.builder()
                        .timeoutCommands(false)
                        .build()) // the loop has its own, and a read blocks on purpose
                .socketOptions(socketOptions(timeout))
                .build());
    }

    /** The kernel notices a lost peer too, but this only ends the socket: {@link RedisLoop} has given it up before. */
    private static SocketOptions socketOptions(Duration timeout) {
        boolean isNative =
                EpollProvider.isAvailable() || IOUringProvider.isAvailable(); // others lack the second option
        return SocketOptions.builder()
                .connectTimeout(timeout)
                .keepAlive(SocketOptions.KeepAliveOptions.builder()
                        .enable()
                        .idle(Duration.ofSeconds(5))
                        .interval(Duration.ofSeconds(2))
                        .count(3)
                        .build())
                .tcpUserTimeout(SocketOptions.TcpUserTimeoutOptions.builder()
                        .enable(isNative)
                        .tcpUserTimeout(Duration.ofSeconds(10))
                        .build())
                .build();
    }

    /** Connects once, without waiting. The address is resolved, and sentinels are asked, each time. */
    CompletableFuture<StatefulRedisConnection<String, byte[]>> connect() {
        return client.connectAsync(CODEC, uri).toCompletableFuture();
    }

    /** How long connecting may take: after the sentinels were asked, the socket connects and the handshake follows. */
    Duration longestConnect() {
        return uri.getTimeout().multipliedBy(2L + uri.getSentinels().size());
    }

    @Override
    public void close() {
        client.shutdownAsync(0, 1, TimeUnit.SECONDS)
                .completeOnTimeout(null, LONGEST_CLOSE_SECONDS, TimeUnit.SECONDS) // a hub must not wait for ever
                .exceptionally(failure -> null)
                .join();
        resources.shutdown(0, 1, TimeUnit.SECONDS);
    }
}
