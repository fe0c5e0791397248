package io.sluice.sse.netty.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.NetUtil;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a request is for (RFC 9112, section 3.2): a path of this server, or a whole URI, as clients send it to a proxy.
 *
 * @param authority the host, with the port if the client sent one; null without a Host header, which HTTP/1.0 allows
 * @param path percent-decoded once
 * @param query the decoded parameters
 */
public record RequestTarget(@Nullable String authority, String path, Map<String, List<String>> query) {

    private static final int MAX_PORT = 65_535;

    /** RFC 3986, section 3.2.2: unreserved characters, sub-delims, and the percent sign. */
    private static final String HOST_PUNCTUATION = "-._~!$&'()*+,;=%";

    /** @throws InvalidRequestException if the version, the target or the Host header violates HTTP/1.1 */
    public static RequestTarget of(HttpRequest request) {
        if (request.protocolVersion().majorVersion() != 1) {
            throw new InvalidRequestException(505, "the version of the request is not HTTP/1.1 or HTTP/1.0");
        }
        String target = request.uri();
        String authority = host(request);
        if (target.indexOf('#') >= 0) {
            throw new InvalidRequestException(
                    400, "the request target has a fragment, which clients keep to themselves");
        }
        int scheme = target.indexOf("://");
        if (scheme > 0 && target.indexOf('/') > scheme) { // absolute form
            String name = target.substring(0, scheme).toLowerCase(Locale.ROOT);
            if (!name.equals("http") && !name.equals("https")) {
                throw new InvalidRequestException(400, "the scheme of the request target is not http or https");
            }
            int slash = target.indexOf('/', scheme + 3);
            authority = checkAuthority(target.substring(scheme + 3, slash < 0 ? target.length() : slash));
            target = slash < 0 ? "/" : target.substring(slash);
        }
        if (!target.startsWith("/")) {
            throw new InvalidRequestException(400, "the request target must be a path");
        }
        int mark = target.indexOf('?');
        String path = PercentDecoder.decodePath(mark < 0 ? target : target.substring(0, mark));
        return new RequestTarget(
                authority, path, mark < 0 ? Map.of() : PercentDecoder.decodeQuery(target.substring(mark + 1)));
    }

    private static @Nullable String host(HttpRequest request) {
        List<String> hosts = request.headers().getAll(HttpHeaderNames.HOST);
        if (hosts.size() > 1 || (hosts.isEmpty() && request.protocolVersion().compareTo(HttpVersion.HTTP_1_1) >= 0)) {
            throw new InvalidRequestException(400, "the request must have one Host header, and has " + hosts.size());
        }
        return hosts.isEmpty() ? null : checkAuthority(hosts.get(0));
    }

    /** RFC 9112, section 3.2: a server responds to an invalid Host with 400, also if it serves every host. */
    private static String checkAuthority(String authority) {
        int end = authority.startsWith("[") ? authority.indexOf(']') + 1 : endOfName(authority);
        boolean host =
                end > 0 && (authority.charAt(0) != '[' || NetUtil.isValidIpV6Address(authority.substring(1, end - 1)));
        boolean port = end == authority.length() || isPort(authority, end);
        // Some clients omit the brackets of an address of IPv6.
        if (!(host && port) && !NetUtil.isValidIpV6Address(authority)) {
            throw new InvalidRequestException(400, "the host is not a name or an address, with or without a port");
        }
        return authority;
    }

    /** The index of the first character that is not part of a name; 0 if there is no name. */
    private static int endOfName(String authority) {
        int end = 0;
        while (end < authority.length() && isOfHost(authority.charAt(end))) {
            end++;
        }
        return end;
    }

    private static boolean isOfHost(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || HOST_PUNCTUATION.indexOf(c) >= 0;
    }

    /** Whether the rest is a colon and a port. An empty port is the default port (RFC 3986, section 3.2.3). */
    private static boolean isPort(String authority, int from) {
        int port = 0;
        for (int i = from + 1; i < authority.length(); i++) {
            int digit = authority.charAt(i) - '0';
            if (digit < 0 || digit > 9 || port > MAX_PORT) {
                return false;
            }
            port = port * 10 + digit;
        }
        return authority.charAt(from) == ':' && port <= MAX_PORT;
    }
}
