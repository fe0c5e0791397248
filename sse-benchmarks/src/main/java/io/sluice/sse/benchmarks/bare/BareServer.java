package io.sluice.sse.benchmarks.bare;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A server with one event loop. The subscribers have one port, and the publisher has another one in clear text. */
@Command(name = "bare")
public final class BareServer implements Callable<Integer> {

    private static final int MAX_BODY_BYTES = 1 << 20;

    /** How HTTP/2 is written. */
    enum Http2 {
        /** By Netty's frame codec. */
        CODEC,
        /** Frames of all streams of a connection in one buffer, past the codec. */
        RAW
    }

    /** How streams are compressed. */
    enum Gzip {
        /** By a deflater for each client. */
        DEFLATERS,
        /** By Netty's HttpContentCompressor in each pipeline. */
        COMPRESSOR
    }

    @Option(names = "--port", required = true)
    int port;

    @Option(names = "--publish-port", required = true)
    int publishPort;

    @Option(names = "--tls", description = "JDK or OPENSSL. Default: no TLS")
    @Nullable
    SslProvider tls;

    @Option(names = "--certificate", description = "The folder of cert.pem and key.pem")
    Path certificate = Path.of(".");

    @Option(names = "--http2", description = "Default: HTTP/1.1")
    @Nullable
    Http2 http2;

    @Option(names = "--gzip", description = "Default: no compression")
    @Nullable
    Gzip gzip;

    @Option(names = "--single", description = "Each event is written and flushed, also if several came together.")
    boolean single;

    @Option(names = "--ids", description = "Each event has an id line like those of Sluice.")
    boolean withIds;

    private BareServer() {}

    /** Runs until it is killed. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new BareServer()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        Audience audience = audience();
        IdLines ids = withIds ? new IdLines() : null;
        SslContext context = tls == null ? null : context(tls);
        ServerBootstrap server = new ServerBootstrap()
                .group(new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory()))
                .channel(EpollServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, 4096)
                .childOption(ChannelOption.TCP_NODELAY, true);
        server.clone()
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(
                                        new HttpServerCodec(),
                                        new HttpObjectAggregator(MAX_BODY_BYTES),
                                        new PublishHandler(audience, single, ids));
                    }
                })
                .bind("127.0.0.1", publishPort)
                .sync();
        server.childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        if (context != null) {
                            channel.pipeline().addLast(context.newHandler(channel.alloc()));
                        }
                        audience.serve(channel);
                    }
                })
                .bind("127.0.0.1", port)
                .sync()
                .channel()
                .closeFuture()
                .sync();
        return 0;
    }

    private Audience audience() {
        if (http2 != null) {
            return http2 == Http2.RAW ? new RawHttp2Audience() : new CodecHttp2Audience();
        }
        if (gzip != null) {
            return gzip == Gzip.DEFLATERS ? new DeflatersAudience() : new CompressorAudience();
        }
        return new Http1Audience();
    }

    private SslContext context(SslProvider provider) throws SSLException {
        return SslContextBuilder.forServer(
                        certificate.resolve("cert.pem").toFile(),
                        certificate.resolve("key.pem").toFile())
                .sslProvider(provider)
                .protocols("TLSv1.3")
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        Protocol.ALPN,
                        SelectorFailureBehavior.NO_ADVERTISE,
                        SelectedListenerFailureBehavior.ACCEPT,
                        http2 == null ? ApplicationProtocolNames.HTTP_1_1 : ApplicationProtocolNames.HTTP_2))
                .build();
    }
}
