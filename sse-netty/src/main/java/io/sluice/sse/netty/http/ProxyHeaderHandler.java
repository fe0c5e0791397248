package io.sluice.sse.netty.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.sluice.sse.netty.connection.ClientAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Reads the PROXY header at the start of a trusted proxy's connection, then leaves the pipeline with its decoder. */
public final class ProxyHeaderHandler extends SimpleChannelInboundHandler<HAProxyMessage> {

    /** More than load balancers add (the subject of a certificate, for example), and far below the format's 64 KiB. */
    private static final int MAX_TLV_BYTES = 4096;

    private ProxyHeaderHandler() {}

    public static void addTo(ChannelPipeline pipeline) {
        pipeline.addLast("proxy", new HAProxyMessageDecoder(MAX_TLV_BYTES, true))
                .addLast("client", new ProxyHeaderHandler());
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, HAProxyMessage header) {
        ClientAddress.setProxied(ctx.channel());
        if (header.command() == HAProxyCommand.PROXY) {
            InetSocketAddress client = addressOf(header);
            if (client != null) {
                ClientAddress.set(ctx.channel(), client);
            }
        }
        ctx.pipeline().remove(this);
    }

    private static @Nullable InetSocketAddress addressOf(HAProxyMessage header) {
        return switch (header.proxiedProtocol().addressFamily()) {
            case AF_IPv4, AF_IPv6 -> {
                String source = header.sourceAddress();
                InetSocketAddress address = source == null ? null : Forwarded.node(source);
                yield address == null ? null : new InetSocketAddress(address.getAddress(), header.sourcePort());
            }
            case AF_UNSPEC, AF_UNIX -> null;
        };
    }
}
