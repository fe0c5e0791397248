package io.sluice.sse.netty;

import io.netty.handler.codec.http.HttpHeaderValidationUtil;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Which pages of other origins may use a server (the CORS protocol of the Fetch standard). Named origins may send
 * cookies and other credentials. If {@code *} allows all other origins, they may not. Immutable.
 */
final class Cors {

    /** No page of another origin may use the server. */
    static final Cors NONE = of();

    private static final Pattern ORIGIN =
            Pattern.compile("(https?)://(\\*\\.)?([a-z0-9_.-]+|\\[[0-9a-f:.]+])(?::([0-9]{1,5}))?");

    /** How long a browser may keep the response to a preflight. Chromium's maximum is two hours. */
    private static final String PREFLIGHT_SECONDS = "3600";

    /** The origin that stands for all. */
    private static final String ANY = "*";

    private final boolean any;
    private final Set<String> exact;
    private final List<Wildcard> wildcards;

    /** Stands for the subdomains of a host, at any depth. */
    private record Wildcard(String before, String after) {
        boolean matches(String origin) {
            return origin.length() > before.length() + after.length()
                    && origin.startsWith(before)
                    && origin.endsWith(after);
        }
    }

    private Cors(boolean any, Set<String> exact, List<Wildcard> wildcards) {
        this.any = any;
        this.exact = exact;
        this.wildcards = wildcards;
    }

    /** @throws IllegalArgumentException if a text is not an origin, with or without a wildcard, and not {@code *} */
    static Cors of(String... origins) {
        Set<String> exact = new HashSet<>();
        List<Wildcard> wildcards = new ArrayList<>();
        for (String origin : origins) {
            String lower = origin.toLowerCase(Locale.ROOT);
            if (lower.equals(ANY)) {
                continue;
            }
            var parts = ORIGIN.matcher(lower);
            if (!parts.matches()) {
                throw new IllegalArgumentException("cors: \"" + origin + "\" (expected: *, an origin such as"
                        + " https://app.example, or https://*.app.example for its subdomains)");
            }
            String port =
                    parts.group(4) == null || isDefault(parts.group(1), parts.group(4)) ? "" : ":" + parts.group(4);
            if (parts.group(2) == null) {
                exact.add(parts.group(1) + "://" + parts.group(3) + port);
            } else {
                wildcards.add(new Wildcard(parts.group(1) + "://", "." + parts.group(3) + port));
            }
        }
        return new Cors(Arrays.asList(origins).contains(ANY), Set.copyOf(exact), List.copyOf(wildcards));
    }

    /** Browsers leave out the default port of an origin (RFC 6454, section 6.1). */
    private static boolean isDefault(String scheme, String port) {
        return port.equals(scheme.equals("http") ? "80" : "443");
    }

    /** Whether any page of another origin may use the server. */
    boolean isEnabled() {
        return any || !exact.isEmpty() || !wildcards.isEmpty();
    }

    private boolean names(String origin) {
        return exact.contains(origin) || wildcards.stream().anyMatch(wildcard -> wildcard.matches(origin));
    }

    /**
     * Whether a page of this origin may send a request that changes something. With {@code *}, a request with
     * credentials that the browser adds by itself may not: a page of any origin could otherwise act for the user.
     */
    private boolean permitsAction(String origin, SseRequest request) {
        return names(origin) || (any && !origin.equals("null") && !hasAmbientCredentials(request));
    }

    /** Cookies, a password that the browser remembers, or a certificate of the client. */
    private static boolean hasAmbientCredentials(SseRequest request) {
        String authorization = request.header("authorization");
        boolean isToken =
                authorization == null || authorization.toLowerCase(Locale.ROOT).startsWith("bearer ");
        return !isToken || request.header("cookie") != null || hasCertificate(request);
    }

    private static boolean hasCertificate(SseRequest request) {
        SSLSession session = request.sslSession();
        try {
            return session != null && session.getPeerCertificates().length > 0;
        } catch (SSLPeerUnverifiedException e) {
            return false;
        }
    }

    /** Whether a page may send the request, with a method and headers of its own, is asked by a preflight. */
    boolean isPreflight(SseRequest request) {
        return isEnabled()
                && request.method().equals("OPTIONS")
                && request.header("origin") != null
                && request.header("access-control-request-method") != null;
    }

    /** Answers a preflight for a path with these methods. The headers of the page are all allowed. */
    RouteResponse preflight(SseRequest request, Set<String> methods) {
        if (allowed(request) == null) {
            throw HttpStatusException.of(403, "pages of this origin are not allowed here");
        }
        String names = String.join(",", request.headerAll("access-control-request-headers"));
        String headers = Arrays.stream(names.split(","))
                .map(String::strip)
                .filter(name -> !name.isEmpty() && HttpHeaderValidationUtil.validateToken(name) < 0)
                .collect(Collectors.joining(", "));
        RouteResponse response = RouteResponse.empty(204)
                .with("access-control-allow-methods", String.join(", ", methods))
                .with("access-control-max-age", PREFLIGHT_SECONDS);
        return headers.isEmpty() ? response : response.with("access-control-allow-headers", headers);
    }

    /** The headers of the response to a request, of whatever status; empty if the option is not set. */
    private List<Map.Entry<String, String>> headersFor(List<String> origins) {
        if (!isEnabled()) {
            return List.of();
        }
        List<Map.Entry<String, String>> headers = new ArrayList<>(4);
        headers.add(Map.entry("vary", "origin"));
        String allowed = allowed(origins);
        if (allowed != null) {
            headers.add(Map.entry("access-control-allow-origin", allowed));
            headers.add(Map.entry("access-control-expose-headers", "retry-after, www-authenticate"));
            if (!allowed.equals(ANY)) {
                headers.add(Map.entry("access-control-allow-credentials", "true"));
            }
        }
        return headers;
    }

    /**
     * The response with those headers, unless its route has decided about the origin itself.
     *
     * @param origins those of the request, which may be too malformed for a {@link SseRequest}
     */
    RouteResponse addTo(RouteResponse response, List<String> origins) {
        if (!isEnabled() || decides(response.headers().entrySet())) {
            return response;
        }
        return response.withAdded(addTo(response.added(), origins));
    }

    /** The headers of a route with those headers, unless the route has decided about the origin itself. */
    List<Map.Entry<String, String>> addTo(List<Map.Entry<String, String>> ofRoute, List<String> origins) {
        if (!isEnabled() || decides(ofRoute)) {
            return ofRoute;
        }
        List<Map.Entry<String, String>> all = new ArrayList<>(ofRoute);
        all.addAll(headersFor(origins));
        return all;
    }

    private static boolean decides(Collection<Map.Entry<String, String>> headers) {
        return headers.stream().anyMatch(header -> header.getKey().equalsIgnoreCase("access-control-allow-origin"));
    }

    /**
     * Rejects the request of a foreign page. A request with another method than GET and HEAD could act for the user, on
     * a server of the user's own machine, for example. A stream would occupy a permit for a page that may not read it.
     *
     * @param isStream whether a GET of this path opens a stream
     * @throws HttpStatusException (403) if the page may not send the request
     */
    void checkOrigin(SseRequest request, boolean isStream) {
        if (request.method().equals("GET") || request.method().equals("HEAD")) {
            if (isStream && request.isCrossSite() && allowed(request) == null) {
                throw HttpStatusException.of(403, "streams for pages of other sites are not allowed here");
            }
            return;
        }
        List<String> origins = request.headerAll("origin");
        if (request.isCrossOrigin() && (origins.size() != 1 || !permitsAction(origins.get(0), request))) {
            String sender = request.isCrossSite() ? "other sites" : "another origin";
            throw HttpStatusException.of(403, "requests from " + sender + " are not allowed here");
        }
    }

    /** The value of {@code access-control-allow-origin}; null if the page may not read the response. */
    private @Nullable String allowed(SseRequest request) {
        return allowed(request.headerAll("origin"));
    }

    private @Nullable String allowed(List<String> origins) {
        if (origins.size() != 1) {
            return null;
        }
        String origin = origins.get(0);
        if (names(origin)) {
            return origin;
        }
        return any ? ANY : null;
    }
}
