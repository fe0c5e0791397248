package io.sluice.sse.netty.http;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Compares the origin of a request (RFC 6454, section 7) with the server. Only host and port are compared, because
 * after a proxy that terminates TLS the server does not see the browser's scheme. A page with the other scheme at the
 * same host and port is recognized by Sec-Fetch-Site.
 */
public final class SameOrigin {

    private SameOrigin() {}

    /** @param authority host and port that the request is for; null if the client did not send them */
    public static boolean isOwn(String origin, @Nullable String authority) {
        String lower = origin.toLowerCase(Locale.ROOT);
        int end = lower.indexOf("://");
        if (authority == null || end < 0 || Forwarded.scheme(lower.substring(0, end)) == null) {
            return false; // "null", for example
        }
        String own = withoutDefaultPort(authority.toLowerCase(Locale.ROOT));
        return !own.isEmpty() && own.equals(withoutDefaultPort(lower.substring(end + 3)));
    }

    /** Removes the default port of either scheme, since the client's scheme is not known here. */
    private static String withoutDefaultPort(String authority) {
        for (String port : new String[] {":80", ":443"}) {
            if (authority.endsWith(port)) {
                String host = authority.substring(0, authority.length() - port.length());
                // Otherwise it is the end of an IPv6 address without brackets.
                return host.indexOf(':') < 0 || host.endsWith("]") ? host : authority;
            }
        }
        return authority;
    }
}
