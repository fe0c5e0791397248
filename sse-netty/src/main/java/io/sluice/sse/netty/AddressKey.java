package io.sluice.sse.netty;

import io.netty.util.NetUtil;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What counts as one address: an IPv4 address, or the /64 network of an IPv6 address, since that is what one customer of a
 * provider has at least (RFC 6177). An IPv4 address mapped into IPv6 is the IPv4 address.
 */
final class AddressKey {

    /** Sets IPv4 apart: as the front half of an IPv6 address this lies in a range that nobody is given (0000::/8). */
    private static final long IPV4 = 0x0000_ffff_0000_0000L;

    private AddressKey() {}

    /** The key; null where the peer has no IP address. */
    static @Nullable Long of(SocketAddress peer) {
        InetAddress address = peer instanceof InetSocketAddress socket ? socket.getAddress() : null;
        if (address == null) {
            return null;
        }
        if (address instanceof Inet4Address four) {
            return ipv4(NetUtil.ipv4AddressToInt(four));
        }
        byte[] bytes = address.getAddress();
        long front = toLong(bytes, 0);
        long back = toLong(bytes, 8);
        return front == 0 && back >>> 32 == 0xffff ? ipv4((int) back) : Long.valueOf(front);
    }

    private static Long ipv4(int address) {
        return IPV4 | (address & 0xffff_ffffL);
    }

    private static long toLong(byte[] bytes, int offset) {
        long value = 0;
        for (int i = offset; i < offset + 8; i++) {
            value = value << 8 | (bytes[i] & 0xff);
        }
        return value;
    }
}
