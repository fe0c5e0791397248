package io.sluice.sse.netty;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.cookie.Cookie;
import io.netty.handler.codec.http.cookie.ServerCookieDecoder;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.AttributeKey;
import io.sluice.sse.Identity;
import io.sluice.sse.netty.connection.ClientAddress;
import io.sluice.sse.netty.connection.Connection;
import io.sluice.sse.netty.http.AcceptHeader;
import io.sluice.sse.netty.http.AllowedHosts;
import io.sluice.sse.netty.http.Forwarded;
import io.sluice.sse.netty.http.InvalidRequestException;
import io.sluice.sse.netty.http.PercentDecoder;
import io.sluice.sse.netty.http.RequestHeaders;
import io.sluice.sse.netty.http.RequestTarget;
import io.sluice.sse.netty.http.SameOrigin;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.TopicPattern;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * A request as routes see it: read-only, decoded and checked. It holds no buffer, so it may be kept for any time.
 * Thread-safe.
 */
public final class SseRequest {

    private static final List<String> PROXY_HEADERS =
            List.of("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip");

    private final String method;
    private final String path;
    private final Map<String, List<String>> query;
    private final HttpHeaders headers;
    private final HttpVersion version;
    private final Channel channel;
    private final byte[] body;
    private final @Nullable String authority;
    private final SocketAddress remoteAddress;
    /** The scheme that a trusted proxy reported; null if none did. */
    private final @Nullable String forwardedScheme;

    private final int prefixLength;
    /** Null if the server has neither an authenticator nor access rules, or in a copy that does not know it yet. */
    private final AccessControl.@Nullable Client client;

    private SseRequest(
            RequestTarget target, HttpRequest request, Channel channel, byte[] body, TrustedProxies proxies) {
        this.method = request.method().name();
        this.path = target.path();
        this.query = target.query();
        this.headers = request.headers();
        this.version = request.protocolVersion();
        this.channel = channel;
        this.body = body;
        this.authority = target.authority();
        SocketAddress peer = ClientAddress.of(channel);
        Forwarded.Element reported = proxies.reportedBy(peer, headers);
        SocketAddress client = reported == null ? null : reported.client();
        this.remoteAddress = client == null ? peer : client;
        this.forwardedScheme = reported == null ? null : reported.scheme();
        this.prefixLength = 0;
        this.client = null;
    }

    private SseRequest(SseRequest other, int prefixLength, AccessControl.@Nullable Client client) {
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
        this.client = client;
    }

    /** @throws HttpStatusException if the target or the Host header violates HTTP */
    static SseRequest of(HttpRequest request, Channel channel, byte[] body, TrustedProxies proxies) {
        try {
            return new SseRequest(RequestTarget.of(request), request, channel, body, proxies);
        } catch (InvalidRequestException e) {
            throw HttpStatusException.of(e);
        }
    }

    /** This request for the route of a path of this length. */
    SseRequest below(int length) {
        return new SseRequest(this, length, client);
    }

    /** This request of a client that was identified. */
    SseRequest by(AccessControl.Client newClient) {
        return new SseRequest(this, prefixLength, newClient);
    }

    AccessControl.@Nullable Client client() {
        return client;
    }

    /** Calls code that may block while the client waits. Only for an authenticator. */
    <T> CompletableFuture<T> callBlocking(Callable<? extends T> code) {
        BlockingDecision decision = client == null ? null : client.decision();
        if (decision == null) {
            throw new IllegalStateException("a blocking authenticator runs only as the authenticator of a server");
        }
        return decision.call(remoteAddress, code);
    }

    /** The identity of the client, as the {@link Authenticator} of the server has determined it. */
    public Identity identity() {
        return client == null ? Identity.UNKNOWN : client.identity();
    }

    /** The method, such as {@code GET}. */
    public String method() {
        return method;
    }

    /** The path, percent-decoded once. */
    public String path() {
        return path;
    }

    /** The part of the path after the route's own path, without the slash between them; empty if there is none. */
    public String subPath() {
        return path.length() > prefixLength + 1 ? path.substring(prefixLength + 1) : "";
    }

    /**
     * Returns a selector of names and patterns that come from this request. An invalid one is the client's error.
     * {@link Selector#of} throws an {@link IllegalArgumentException} instead, which is an error of the route.
     *
     * @throws HttpStatusException (400) if {@link Selector#of} rejects them; its message is the detail
     */
    public Selector selector(String... terms) {
        return selector(List.of(terms));
    }

    /** As {@link #selector(String...)}. */
    public Selector selector(Collection<String> terms) {
        try {
            return Selector.of(terms);
        } catch (IllegalArgumentException e) {
            throw HttpStatusException.badRequest(e);
        }
    }

    /**
     * Returns the name of a topic that comes from this request, for example to publish to it. An invalid name is the
     * client's error.
     *
     * @throws HttpStatusException (400) if {@link TopicPattern#checkName} rejects it; its message is the detail
     */
    public String topic(String name) {
        try {
            return TopicPattern.checkName(name);
        } catch (IllegalArgumentException e) {
            throw HttpStatusException.badRequest(e);
        }
    }

    /**
     * As {@link #topic}, if the access rules of the server allow the client to publish to this topic. So a route that
     * publishes reads its topics by this method, wherever in the request they are.
     *
     * @throws HttpStatusException (400) if {@link TopicPattern#checkName} rejects the name; (403) if the rules do not
     *     allow it, or (401) if they would allow it to a client that authenticates itself
     */
    public String topicToPublish(String name) {
        String checked = topic(name);
        if (client != null) {
            client.control().checkPublish(client.identity(), checked);
        }
        return checked;
    }

    /** All values of a query parameter, in order; empty if the parameter is missing. */
    public List<String> queryAll(String name) {
        return query.getOrDefault(name, List.of());
    }

    /** The first value of a query parameter; null if the parameter is missing. */
    public @Nullable String query(String name) {
        List<String> values = query.get(name);
        return values == null ? null : values.get(0);
    }

    /**
     * The value of a header; null if the header is missing. If it has several lines, the last one. Use it for headers
     * with a single value, and {@link #headerAll} for lists.
     */
    public @Nullable String header(String name) {
        if (!headers.contains(name)) {
            return null; // the common case, without a list
        }
        List<String> lines = headers.getAll(name);
        return decoded(lines.get(lines.size() - 1));
    }

    /**
     * All lines of a header, in order; empty if the header is missing. The lines of a list header ({@code Accept},
     * {@code If-None-Match}) mean the same as one line with commas between them (RFC 9110, section 5.3).
     */
    public List<String> headerAll(String name) {
        if (!headers.contains(name)) {
            return List.of();
        }
        List<String> lines = headers.getAll(name); // the iterator of the headers would go backwards
        if (lines.size() == 1) {
            return List.of(decoded(lines.get(0)));
        }
        return lines.stream().map(SseRequest::decoded).toList();
    }

    /**
     * The token of {@code Authorization: Bearer …}; null if the request has none, or more than one such header. A
     * {@link StreamRoute} rarely needs it: see {@link Authenticator#bearer}.
     */
    public @Nullable String bearer() {
        List<String> lines = headerAll("authorization");
        if (lines.size() != 1 || !lines.get(0).regionMatches(true, 0, "Bearer ", 0, 7)) {
            return null;
        }
        String token = lines.get(0).substring(7).strip();
        return token.isEmpty() ? null : token;
    }

    /** The value of a cookie; null if the request has none of this name. If it has several, the first one. */
    public @Nullable String cookie(String name) {
        Objects.requireNonNull(name, "name");
        for (String line : headerAll("cookie")) {
            for (Cookie cookie : ServerCookieDecoder.STRICT.decodeAll(line)) {
                if (cookie.name().equals(name)) {
                    return cookie.value();
                }
            }
        }
        return null;
    }

    /** Clients send UTF-8 (in Last-Event-ID they must), but Netty decodes headers as Latin-1. */
    private static String decoded(String line) {
        return PercentDecoder.isAscii(line)
                ? line
                : new String(line.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    /**
     * The id of the last event that the client received: the header, or the query parameter {@code lastEventId}; null
     * if both are missing or empty. The text is not checked, because an unknown id is a gap and not an error.
     */
    public @Nullable String lastEventId() {
        String header = lastEventIdHeader();
        String id = header != null && !header.isEmpty() ? header : query(PercentDecoder.LAST_EVENT_ID);
        return id == null || id.isEmpty() ? null : id;
    }

    /**
     * The header Last-Event-ID. An EventSource sends it as UTF-8, and {@code fetch} as Latin-1. So bytes that are not
     * UTF-8 are read as Latin-1, except for the one that stands for a control character.
     */
    private @Nullable String lastEventIdHeader() {
        List<String> lines = headers.getAll("last-event-id");
        if (lines.isEmpty()) {
            return null;
        }
        String line = lines.get(lines.size() - 1);
        if (PercentDecoder.isAscii(line) || line.indexOf(RequestHeaders.NOT_UTF8) >= 0) {
            return decoded(line);
        }
        try {
            return PercentDecoder.utf8(line.getBytes(StandardCharsets.ISO_8859_1));
        } catch (InvalidRequestException e) {
            return line;
        }
    }

    /** The body; empty if there is none. The caller must not change it. */
    public byte[] body() {
        return body;
    }

    /**
     * The body as text. It is read as plain UTF-8 and as a whole.
     *
     * @throws HttpStatusException as {@link #checkTextBody}; (400) if the body is not UTF-8
     */
    public String bodyText() {
        checkTextBody();
        try {
            return PercentDecoder.utf8(body);
        } catch (InvalidRequestException e) {
            throw HttpStatusException.of(e);
        }
    }

    /**
     * Rejects a request whose headers say that its body is not what {@link #bodyText} reads. {@code bodyText} does the
     * same. A route that has other work before, or that reads {@link #body} as text itself, calls this first.
     *
     * @throws HttpStatusException (415) if the body has a content coding other than {@code identity}, or a charset
     *     other than UTF-8; (400) if the request has a {@code Content-Range}, so that its body is a part of another
     */
    public void checkTextBody() {
        BodyHeaders.check(this);
    }

    /**
     * Rejects a request whose {@code Accept} headers exclude {@code text/event-stream}. The server checks this itself
     * before it opens a stream that is not bare. A route that is never bare also calls this in its {@link
     * StreamRoute#check}: such a request then gets 406 at a limit too, where a retry would be in vain.
     *
     * @throws HttpStatusException (406) if the client does not accept an event stream
     */
    public void checkAcceptsEventStream() {
        if (!AcceptHeader.acceptsEventStream(headerAll("accept"))) {
            throw HttpStatusException.of(
                    406, "this is a text/event-stream, which the request's Accept header excludes");
        }
    }

    /**
     * Handles this request on a thread of the server, because its body is large: an event loop that works on it for a
     * tenth of a second serves none of its clients meanwhile. The thread handles one request after another, each when
     * the server has room for its response ({@link SseServerBuilder#maxBufferedBytes}). After each it rests twice as
     * long as it has worked, at most 250 ms, so that large requests leave time to others. Call it after all checks that
     * are cheap, such as those of rights: only a permitted client may let others wait.
     *
     * @param work gets an executor with the same thread, for what follows when another stage has completed
     * @return the stage of the work, or one that has failed with status 503 because there was no room in 10 seconds
     * @throws HttpStatusException (503) if the bodies of the waiting requests are too large together
     * @throws IllegalStateException if an {@link SseHandler} serves this request
     */
    public CompletionStage<RouteResponse> handleLater(Function<Executor, CompletionStage<RouteResponse>> work) {
        return LargeRequests.of(channel).work(body.length, work);
    }

    /** The client's address: that of the peer, or the one that a trusted proxy reports ({@link TrustedProxies}). */
    public SocketAddress remoteAddress() {
        return remoteAddress;
    }

    /**
     * Whether there is no sign of a proxy between the client and this server: neither a PROXY header of the connection
     * nor a request header that proxies add. A proxy without such a sign cannot be detected. A route for this machine
     * only must check this in addition to {@link #remoteAddress}, which a proxy may have reported.
     */
    public boolean isDirect() {
        return ClientAddress.isDirect(channel) && PROXY_HEADERS.stream().noneMatch(headers::contains);
    }

    /**
     * Whether a page of another origin sent the request, as the browser reports it in {@code Origin} and {@code
     * Sec-Fetch-Site}. A route that trusts a client because of its address must reject such requests: a browser on a
     * trusted machine sends them for any page.
     */
    public boolean isCrossOrigin() {
        return isCrossSite()
                || headerAll("sec-fetch-site").contains("same-site")
                || !headerAll("origin").stream().allMatch(origin -> SameOrigin.isOwn(origin, authority));
    }

    /** Whether a page of another site sent the request, as the browser reports it. */
    boolean isCrossSite() {
        return headerAll("sec-fetch-site").contains("cross-site");
    }

    /**
     * The scheme that the client used, {@code http} or {@code https}, as the connection or a trusted proxy shows it.
     */
    public String scheme() {
        if (forwardedScheme != null) {
            return forwardedScheme;
        }
        return Connection.of(channel).pipeline().get(SslHandler.class) == null ? "http" : "https";
    }

    /**
     * An attribute of the connection, as an earlier handler of the pipeline has set it, for example to the principal
     * that it has authenticated; null if it is not set. The value is read from the connection when this method is
     * called. A handler that sets it for each request must remove it where a request lacks it.
     */
    public <T> @Nullable T attribute(AttributeKey<T> key) {
        Objects.requireNonNull(key, "key");
        Channel connection = Connection.of(channel);
        return connection.hasAttr(key) ? connection.attr(key).get() : null;
    }

    /**
     * The TLS session of the connection, for example for the client's certificate; null if the pipeline has no TLS
     * handler or the connection has closed. A proxy that ends TLS leaves no session.
     */
    public @Nullable SSLSession sslSession() {
        SslHandler tls = Connection.of(channel).pipeline().get(SslHandler.class);
        return tls == null ? null : tls.engine().getSession();
    }

    /** The host and port that the request is for; null if an HTTP/1.0 client did not send them. */
    public @Nullable String authority() {
        return authority;
    }

    /** Whether the request is for a name that always means this machine, or has no name, which HTTP/1.0 allows. */
    public boolean isForLoopback() {
        return AllowedHosts.isLoopbackName(AllowedHosts.nameOf(authority));
    }

    /** {@code HTTP/2}, {@code HTTP/1.1} or {@code HTTP/1.0}. */
    public String protocol() {
        return channel instanceof Http2StreamChannel ? "HTTP/2" : version.text();
    }

    /** Whether the headers announce a body. */
    boolean hasBody() {
        String length = header("content-length");
        return headers.contains(HttpHeaderNames.TRANSFER_ENCODING) || (length != null && !length.equals("0"));
    }

    /** Whether the client supports chunked encoding. */
    boolean isChunkable() {
        return version.compareTo(HttpVersion.HTTP_1_1) >= 0;
    }

    HttpVersion version() {
        return version;
    }

    /**
     * Whether the EventSource of a browser sent the request. It gives up for good on any status but 200. It sends GET
     * only, and always the same Accept and Cache-Control. Other programs may send these too, but not the headers of
     * browsers. Browsers send Sec-Fetch-Mode to trustworthy hosts only; to other hosts only User-Agent identifies them.
     *
     * <p>A client that uses fetch takes a 200 for the end of its stream and may never return. So a request with any
     * other Accept, or without the Cache-Control, does not count.
     */
    boolean isOfEventSource() {
        return method.equals("GET")
                && AcceptHeader.isOfEventSource(headerAll("accept"))
                && headers.containsValue(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_CACHE, true)
                && isOfBrowser();
    }

    private boolean isOfBrowser() {
        String agent = header("user-agent");
        return headers.contains("sec-fetch-mode") || (agent != null && agent.startsWith("Mozilla/"));
    }

    @Override
    public String toString() {
        return method.toUpperCase(Locale.ROOT) + " " + path;
    }
}
