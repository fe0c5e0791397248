package io.sluice.sse.netty;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.SslHandler;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request as routes see it: read-only, decoded and checked. Valid for as long as anybody likes; it holds no buffer.
 */
public final class SseRequest {

    private static final List<String> PROXY_HEADERS = List.of("forwarded", "x-forwarded-for", "via");

    private final String method;
    private final String path;
    private final Map<String, List<String>> query;
    private final HttpHeaders headers;
    private final HttpVersion version;
    private final Channel channel;
    private final byte[] body;
    private final @Nullable String authority;
    private final SocketAddress remoteAddress;
    /** What a trusted proxy said; null if none did. */
    private final @Nullable String forwardedScheme;

    private final int prefixLength;

    private SseRequest(
            String method,
            String path,
            Map<String, List<String>> query,
            HttpRequest request,
            Channel channel,
            byte[] body,
            @Nullable String authority,
            TrustedProxies proxies) {
        this.method = method;
        this.path = path;
        this.query = query;
        this.headers = request.headers();
        this.version = request.protocolVersion();
        this.channel = channel;
        this.body = body;
        this.authority = authority;
        SocketAddress peer = ClientAddress.of(channel);
        Forwarded.Element heard = proxies.heardFrom(peer, headers);
        SocketAddress client = heard == null ? null : heard.client();
        this.remoteAddress = client == null ? peer : client;
        this.forwardedScheme = heard == null ? null : heard.scheme();
        this.prefixLength = 0;
    }

    private SseRequest(SseRequest other, int prefixLength) {
        this.method = other.method;
        this.path = other.path;
        this.query = other.query;
        this.headers = other.headers;
        this.version = other.version;
        this.channel = other.channel;
        this.body = other.body;
        this.authority = other.authority;
        this.remoteAddress = other.remoteAddress;
        this.forwardedScheme = other.forwardedScheme;
        this.prefixLength = prefixLength;
    }

    /** @throws HttpStatusException if the target or the Host header is not as HTTP wants it */
    static SseRequest of(HttpRequest request, Channel channel, byte[] body, TrustedProxies proxies) {
        String target = request.uri();
        String authority = host(request);
        int scheme = target.indexOf("://");
        if (scheme > 0 && target.indexOf('/') > scheme) { // absolute form, as a client of a proxy sends it
            int slash = target.indexOf('/', scheme + 3);
            int end = slash < 0 ? target.length() : slash;
            authority = target.substring(scheme + 3, end);
            target = slash < 0 ? "/" : target.substring(slash);
        }
        if (!target.startsWith("/")) {
            throw HttpStatusException.of(400, "the request target must be a path");
        }
        int mark = target.indexOf('?');
        String path = PercentDecoder.decodePath(mark < 0 ? target : target.substring(0, mark));
        Map<String, List<String>> query = mark < 0 ? Map.of() : PercentDecoder.decodeQuery(target.substring(mark + 1));
        return new SseRequest(request.method().name(), path, query, request, channel, body, authority, proxies);
    }

    private static @Nullable String host(HttpRequest request) {
        List<String> hosts = request.headers().getAll(HttpHeaderNames.HOST);
        if (hosts.size() > 1 || (hosts.isEmpty() && request.protocolVersion().compareTo(HttpVersion.HTTP_1_1) >= 0)) {
            throw HttpStatusException.of(400, "the request must have one Host header, and has " + hosts.size());
        }
        return hosts.isEmpty() ? null : hosts.get(0);
    }

    /** This request as the route with a prefix of this length sees it. */
    SseRequest below(int length) {
        return new SseRequest(this, length);
    }

    /** The method, such as {@code GET}. */
    public String method() {
        return method;
    }

    /** The path, percent-decoded once. */
    public String path() {
        return path;
    }

    /** What stands behind the route's own path, without the slash between; empty if nothing does. */
    public String subPath() {
        return path.length() > prefixLength + 1 ? path.substring(prefixLength + 1) : "";
    }

    /** All values of a query parameter, in order; empty if it is not there. */
    public List<String> queryAll(String name) {
        return query.getOrDefault(name, List.of());
    }

    /** The first value of a query parameter; null if it is not there. */
    public @Nullable String query(String name) {
        List<String> values = query.get(name);
        return values == null ? null : values.get(0);
    }

    /**
     * The value of a header; null if it is not there. If it has several lines, the last: right for a header that has one
     * value. One that is a list has all of its lines in {@link #headerAll}.
     */
    public @Nullable String header(String name) {
        if (!headers.contains(name)) {
            return null; // the usual case, without a list
        }
        List<String> lines = headers.getAll(name);
        return decoded(lines.get(lines.size() - 1));
    }

    /**
     * All lines of a header, in order; empty if it is not there. Those of one that is a list ({@code Accept}, {@code
     * If-None-Match}) are one list, as if they stood in one line with commas between (RFC 9110, section 5.3).
     */
    public List<String> headerAll(String name) {
        if (!headers.contains(name)) {
            return List.of();
        }
        List<String> lines = headers.getAll(name); // its iterator would go backwards
        if (lines.size() == 1) {
            return List.of(decoded(lines.get(0)));
        }
        return lines.stream().map(SseRequest::decoded).toList();
    }

    /** Clients send UTF-8 (Last-Event-ID must be), and Netty hands bytes over as Latin-1 characters. */
    private static String decoded(String line) {
        return PercentDecoder.isAscii(line)
                ? line
                : new String(line.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    /**
     * The id of the last event that the client saw: the header, else the query's {@code lastEventId}; null if neither says
     * one. An empty one is none. What a client made of it otherwise is its own affair: here nothing is refused.
     */
    public @Nullable String lastEventId() {
        String header = header("last-event-id");
        String id = header != null && !header.isEmpty() ? header : query(PercentDecoder.LAST_EVENT_ID);
        return id == null || id.isEmpty() ? null : id;
    }

    /** The body; empty if there is none. Not to be changed. */
    public byte[] body() {
        return body;
    }

    /** The body as text. @throws HttpStatusException (400) if it is not UTF-8 */
    public String bodyText() {
        return PercentDecoder.utf8(body);
    }

    /** The client's address: the peer's, or what a trusted proxy says ({@link TrustedProxies}). */
    public SocketAddress remoteAddress() {
        return remoteAddress;
    }

    /**
     * Whether nothing says that a proxy stands between the client and this server: neither a PROXY header of the connection
     * nor a header of the request that proxies add. A proxy that hides itself cannot be told. What is for this machine only
     * asks this beside {@link #remoteAddress}, which a proxy may have named.
     */
    public boolean isDirect() {
        return ClientAddress.isDirect(channel) && PROXY_HEADERS.stream().noneMatch(headers::contains);
    }

    /** The scheme that the client used, as far as the connection or a trusted proxy tells. */
    public String scheme() {
        if (forwardedScheme != null) {
            return forwardedScheme;
        }
        return channel.pipeline().get(SslHandler.class) == null ? "http" : "https";
    }

    /** The host and port that the client asked for; null where an HTTP/1.0 client does not say. */
    public @Nullable String authority() {
        return authority;
    }

    /** Whether the client asked for a name that can only mean this machine, or said none, as HTTP/1.0 allows. */
    public boolean isForLoopback() {
        return AllowedHosts.isLoopbackName(AllowedHosts.nameOf(authority));
    }

    /** {@code HTTP/1.1} or {@code HTTP/1.0}. */
    public String protocol() {
        return version.text();
    }

    /** Whether the head announces a body. */
    boolean hasBody() {
        String length = header("content-length");
        return headers.contains(HttpHeaderNames.TRANSFER_ENCODING) || (length != null && !length.equals("0"));
    }

    boolean isChunkable() {
        return version.compareTo(HttpVersion.HTTP_1_1) >= 0;
    }

    HttpVersion version() {
        return version;
    }

    /**
     * Whether a browser asks, whose EventSource gives up for ever on any status but 200. Browsers send Sec-Fetch-Mode to
     * hosts that they trust; over plain HTTP to others, only the name tells them.
     */
    boolean isOfBrowser() {
        if (headers.contains("sec-fetch-mode")) {
            return true;
        }
        String agent = header("user-agent");
        return agent != null
                && agent.startsWith("Mozilla/")
                && scheme().equals("http")
                && !AllowedHosts.isLoopbackName(AllowedHosts.nameOf(authority));
    }

    @Override
    public String toString() {
        return method.toUpperCase(Locale.ROOT) + " " + path;
    }
}
