package io.sluice.sse.netty;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import io.netty.util.NetUtil;
import io.sluice.sse.netty.http.Forwarded;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The proxies that the server believes when they report the address of their client, and how they report it. Reports of
 * other peers are ignored, because they may be forged. The reported address is the one that limits count, that logs and
 * admin responses show, and that {@link SseRequest#remoteAddress} returns. Immutable; each method returns a copy that
 * believes one more kind of report.
 *
 * <p>In a chain of proxies the client is the last address that is not itself a trusted proxy; addresses before it may
 * be forged. If that entry contains no address ({@code unknown}, a hidden name, or an unreadable value), the client is
 * the peer. If all addresses are trusted proxies, the first is the client.
 */
public final class TrustedProxies {

    /** Trusts no proxy. */
    static final TrustedProxies NONE = new TrustedProxies(List.of(), Header.NONE, false);

    private enum Header {
        NONE,
        FORWARDED,
        X_FORWARDED_FOR
    }

    private final List<IpSubnetFilterRule> networks;
    private final Header header;
    private final boolean proxyProtocol;

    private TrustedProxies(List<IpSubnetFilterRule> networks, Header header, boolean proxyProtocol) {
        this.networks = networks;
        this.header = header;
        this.proxyProtocol = proxyProtocol;
    }

    /**
     * The proxies in these networks, such as {@code 10.0.0.0/8}, {@code 2001:db8::/32} or {@code 127.0.0.1}. A server
     * accepts the result only after a call that defines how the proxies report their client.
     *
     * @throws IllegalArgumentException if there are no networks, or one is not a network
     */
    @CheckReturnValue
    public static TrustedProxies of(String... networks) {
        List<IpSubnetFilterRule> rules = new ArrayList<>();
        for (String network : networks) {
            rules.add(rule(network));
        }
        if (rules.isEmpty()) {
            throw new IllegalArgumentException("trustedProxies: none (expected: at least one network)");
        }
        return new TrustedProxies(List.copyOf(rules), Header.NONE, false);
    }

    private static IpSubnetFilterRule rule(String network) {
        int slash = network.indexOf('/');
        String host = slash < 0 ? network : network.substring(0, slash);
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(host);
        try {
            if (bytes != null && host.indexOf('%') < 0) {
                InetAddress address = InetAddress.getByAddress(bytes); // an IPv4-mapped address becomes IPv4
                int max = address.getAddress().length * 8;
                int prefix = slash < 0 ? max : Integer.parseInt(network.substring(slash + 1));
                if (prefix >= 0 && prefix <= max) {
                    return new IpSubnetFilterRule(address, prefix, IpFilterRuleType.ACCEPT);
                }
            }
        } catch (UnknownHostException | NumberFormatException e) {
            // the same message as below
        }
        throw new IllegalArgumentException("trustedProxies: \"" + network
                + "\" (expected: an address, or a network such as 10.0.0.0/8 or 2001:db8::/32)");
    }

    /**
     * The proxies send {@code Forwarded} (RFC 7239), with the client's address in {@code for}, the scheme in
     * {@code proto}.
     */
    @CheckReturnValue
    public TrustedProxies byForwarded() {
        return new TrustedProxies(networks, Header.FORWARDED, proxyProtocol);
    }

    /** The proxies send {@code X-Forwarded-For}, and the scheme in {@code X-Forwarded-Proto}. */
    @CheckReturnValue
    public TrustedProxies byXForwardedFor() {
        return new TrustedProxies(networks, Header.X_FORWARDED_FOR, proxyProtocol);
    }

    /**
     * The proxies begin each connection with a PROXY header of version 1 or 2. The server closes a connection of a
     * proxy without this header, and a connection of another peer with it. If the header contains no client
     * ({@code UNKNOWN}, {@code LOCAL}, a UNIX socket), the address stays that of the proxy.
     */
    @CheckReturnValue
    public TrustedProxies byProxyProtocol() {
        return new TrustedProxies(networks, header, true);
    }

    /** Whether it defines how the proxies report their client. */
    boolean hasSource() {
        return proxyProtocol || header != Header.NONE;
    }

    boolean isByProxyProtocol() {
        return proxyProtocol;
    }

    /** Whether a connection of this peer must begin with a PROXY header. */
    boolean expectsProxyHeader(SocketAddress peer) {
        return proxyProtocol && trusts(peer);
    }

    /** Whether the peer is one of the proxies. */
    boolean trusts(SocketAddress peer) {
        if (!(peer instanceof InetSocketAddress address) || address.getAddress() == null) {
            return false;
        }
        for (IpSubnetFilterRule network : networks) {
            if (network.matches(address)) {
                return true;
            }
        }
        return false;
    }

    /** The client and scheme that a trusted peer reports in the headers of a request; null if it is not trusted. */
    Forwarded.@Nullable Element reportedBy(SocketAddress peer, HttpHeaders headers) {
        if (header == Header.NONE || !trusts(peer)) {
            return null;
        }
        if (header == Header.FORWARDED) {
            List<Forwarded.Element> elements = Forwarded.parse(headers.getAll("forwarded"));
            return elements == null ? null : clientOf(elements);
        }
        Forwarded.Element client = clientOf(Forwarded.parseAddresses(headers.getAll("x-forwarded-for")));
        List<String> schemes = headers.getAll("x-forwarded-proto");
        String last = schemes.isEmpty() ? null : schemes.get(schemes.size() - 1);
        String scheme = last == null ? null : Forwarded.scheme(last.substring(last.lastIndexOf(',') + 1));
        return new Forwarded.Element(client == null ? null : client.client(), scheme);
    }

    /** Walks from the nearest proxy outwards until the reported client is not itself a trusted proxy. */
    private Forwarded.@Nullable Element clientOf(List<Forwarded.Element> elements) {
        Forwarded.Element found = null;
        for (int i = elements.size() - 1; i >= 0; i--) {
            found = elements.get(i);
            InetSocketAddress client = found.client();
            if (client == null || !trusts(client)) {
                break;
            }
        }
        return found;
    }
}
