package io.sluice.sse.netty;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which peers are proxies that may say for whom they speak, and how they say it. What anybody else says is ignored, since
 * anybody can say it. The client's address is then what limits count, logs and admin answers show, and
 * {@link SseRequest#remoteAddress} returns. Immutable; each method gives one that believes one thing more.
 *
 * <p>Of a chain of proxies the last address that is not itself a trusted proxy's is the client: what stands before it may
 * be forged. Where that place holds no address ({@code unknown}, a hidden name, anything that cannot be read), the peer's
 * own address is taken. If all are trusted proxies', the first is the client.
 */
public final class TrustedProxies {

    /** Nobody is believed. */
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
     * Proxies in these networks, such as {@code 10.0.0.0/8}, {@code 2001:db8::/32} or {@code 127.0.0.1}. By itself it has
     * no effect: say too by what they tell.
     *
     * @throws IllegalArgumentException if one is no network, or none is given
     */
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
                InetAddress address = InetAddress.getByAddress(bytes); // one mapped into IPv6 becomes IPv4
                int most = address.getAddress().length * 8;
                int prefix = slash < 0 ? most : Integer.parseInt(network.substring(slash + 1));
                if (prefix >= 0 && prefix <= most) {
                    return new IpSubnetFilterRule(address, prefix, IpFilterRuleType.ACCEPT);
                }
            }
        } catch (UnknownHostException | NumberFormatException e) {
            // as below
        }
        throw new IllegalArgumentException("trustedProxies: \"" + network
                + "\" (expected: an address, or a network such as 10.0.0.0/8 or 2001:db8::/32)");
    }

    /** They send {@code Forwarded} (RFC 7239): its {@code for} is the client's address, its {@code proto} the scheme. */
    public TrustedProxies byForwarded() {
        return new TrustedProxies(networks, Header.FORWARDED, proxyProtocol);
    }

    /** They send {@code X-Forwarded-For}, and {@code X-Forwarded-Proto} for the scheme. */
    public TrustedProxies byXForwardedFor() {
        return new TrustedProxies(networks, Header.X_FORWARDED_FOR, proxyProtocol);
    }

    /**
     * They begin each connection with a PROXY header, version 1 or 2. One that does not is closed; so is anybody else who
     * does. A header that names no client ({@code UNKNOWN}, {@code LOCAL}, a UNIX socket) leaves the proxy's own address.
     */
    public TrustedProxies byProxyProtocol() {
        return new TrustedProxies(networks, header, true);
    }

    boolean believesAnything() {
        return proxyProtocol || header != Header.NONE;
    }

    boolean isByProxyProtocol() {
        return proxyProtocol;
    }

    /** Whether this peer begins its connections with a PROXY header. */
    boolean expectsProxyHeader(SocketAddress peer) {
        return proxyProtocol && trusts(peer);
    }

    private boolean trusts(SocketAddress peer) {
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

    /** Who sent a request, and by which scheme if that is known: what the peer says if it is trusted, else the peer. */
    Forwarded.@Nullable Element heardFrom(SocketAddress peer, HttpHeaders headers) {
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

    /** Walks from the nearest proxy outwards, for as long as the one who is named is a proxy too. */
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
