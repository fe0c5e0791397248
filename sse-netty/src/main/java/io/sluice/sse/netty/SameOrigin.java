package io.sluice.sse.netty;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Whether an origin (RFC 6454, section 7) is the server that was asked. Host and port decide: behind a proxy that ends TLS the
 * scheme here is not the browser's. A page of the other scheme at the same host and port is told by Sec-Fetch-Site.
 */
final class SameOrigin {

    private SameOrigin() {}

    static boolean isOwn(String origin, @Nullable String authority) {
        String lower = origin.toLowerCase(Locale.ROOT);
        int end = lower.indexOf("://");
        if (authority == null || end < 0 || Forwarded.scheme(lower.substring(0, end)) == null) {
            return false; // "null", say
        }
        String own = withoutDefaultPort(authority.toLowerCase(Locale.ROOT));
        return !own.isEmpty() && own.equals(withoutDefaultPort(lower.substring(end + 3)));
    }

    /** The port of either scheme may be left out, and nobody here knows which of them the client used. */
    private static String withoutDefaultPort(String authority) {
        for (String port : new String[] {":80", ":443"}) {
            if (authority.endsWith(port)) {
                String host = authority.substring(0, authority.length() - port.length());
                // Else it is the end of an IPv6 address without its brackets.
                return host.indexOf(':') < 0 || host.endsWith("]") ? host : authority;
            }
        }
        return authority;
    }
}
