package io.sluice.sse.netty.connection;

import io.netty.util.NetUtil;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Defines what counts as one address for limits and rates: an IPv4 address, or the /64 network of an IPv6 address,
 * because each customer of a provider has at least a /64 (RFC 6177). An IPv4-mapped IPv6 address counts as the IPv4
 * address.
 */
public final class AddressKey {

    /** Marks IPv4 keys. As the upper half of an IPv6 address it is in an unassigned range (0000::/8). */
    private static final long IPV4 = 0x0000_ffff_0000_0000L;

    private AddressKey() {}

    /** The key of the address; null if the peer has no IP address. */
    public static @Nullable Long of(SocketAddress peer) {
        InetAddress address = peer instanceof InetSocketAddress socket ? socket.getAddress() : null;
        if (address == null) {
            return null;
        }
        if (address instanceof Inet4Address four) {
            return ipv4(NetUtil.ipv4AddressToInt(four));
        }
        byte[] bytes = address.getAddress();
        long upper = toLong(bytes, 0);
        long lower = toLong(bytes, 8);
        return upper == 0 && lower >>> 32 == 0xffff ? ipv4((int) lower) : Long.valueOf(upper);
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
