package io.sluice.sse.netty.http;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The host names that requests may be for. A server on a user's own machine must not respond to the name of a foreign
 * site whose DNS entry points to that machine (DNS rebinding). So by default a loopback server accepts only loopback
 * names. Immutable.
 */
public final class AllowedHosts {

    private final @Nullable Set<String> allowed;
    private final boolean loopbackOnly;

    private AllowedHosts(@Nullable Set<String> allowed, boolean loopbackOnly) {
        this.allowed = allowed;
        this.loopbackOnly = loopbackOnly;
    }

    static AllowedHosts any() {
        return new AllowedHosts(null, false);
    }

    static AllowedHosts loopback() {
        return new AllowedHosts(null, true);
    }

    public static AllowedHosts only(Set<String> names) {
        return new AllowedHosts(names, false);
    }

    /** The default for a server that listens on this host. */
    public static AllowedHosts forListener(String host) {
        try {
            boolean loopback = Arrays.stream(InetAddress.getAllByName(host)).allMatch(InetAddress::isLoopbackAddress);
            return loopback ? loopback() : any();
        } catch (UnknownHostException e) {
            return any(); // the bind reports the unknown host
        }
    }

    /** Whether a request for this host is allowed. */
    public boolean allows(@Nullable String authority) {
        String name = nameOf(authority);
        return allowed != null ? name != null && allowed.contains(name) : !loopbackOnly || isLoopbackName(name);
    }

    /** Whether a host of a request can be this one, with or without a port. */
    public static boolean isValid(String name) {
        return !name.isEmpty()
                && !name.startsWith(":")
                && name.chars().noneMatch(c -> c <= ' ' || c >= 0x7f || "/*?#@,".indexOf(c) >= 0);
    }

    /** The name or address without the port, in lower case; null if there is no authority. */
    public static @Nullable String nameOf(@Nullable String authority) {
        if (authority == null) {
            return null;
        }
        String host = NetUtil.isValidIpV6Address(authority) ? '[' + authority + ']' : authority;
        int bracket = host.indexOf(']');
        int colon = host.indexOf(':', Math.max(0, bracket));
        if (colon >= 0) {
            host = host.substring(0, colon);
        }
        return host.toLowerCase(Locale.ROOT);
    }

    /**
     * Whether the name always means this machine. A missing name does: only HTTP/1.0 clients omit it, and no browser.
     */
    public static boolean isLoopbackName(@Nullable String name) {
        if (name == null || name.equals("localhost") || name.endsWith(".localhost") || name.equals("[::1]")) {
            return true;
        }
        byte[] address = NetUtil.isValidIpV4Address(name) ? NetUtil.createByteArrayFromIpAddressString(name) : null;
        return address != null && address[0] == 127;
    }
}
