package io.sluice.sse.examples.server;

import io.sluice.sse.netty.HttpRoute;
import io.sluice.sse.netty.RouteResponse;
import io.sluice.sse.netty.SseRequest;
import io.sluice.sse.netty.SseServerBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;

/** The page at {@code /} and its files, read once from the class path. The page needs no external resources. */
final class Page {

    private static final String POLICY =
            "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'";

    private final boolean demo;

    /** @param demo whether the sources of the demo run, so that the page follows them */
    Page(boolean demo) {
        this.demo = demo;
    }

    void addTo(SseServerBuilder server) {
        byte[] index = read("index.html");
        if (demo) {
            String html = new String(index, StandardCharsets.UTF_8);
            index = html.replace("<body>", "<body data-demo>").getBytes(StandardCharsets.UTF_8);
        }
        server.route("GET", "/", content(index, "text/html; charset=utf-8"));
        server.route("GET", "/page.css", file("page.css", "text/css; charset=utf-8"));
        server.route("GET", "/page.js", file("page.js", "text/javascript; charset=utf-8"));
        server.route("GET", "/demo.js", file("demo.js", "text/javascript; charset=utf-8"));
        server.route("GET", "/sluice-client.js", file("sluice-client.js", "text/javascript; charset=utf-8"));
        server.route("GET", "/favicon.ico", request -> RouteResponse.empty(204).completed());
    }

    private static HttpRoute file(String name, String contentType) {
        return content(read(name), contentType);
    }

    private static HttpRoute content(byte[] bytes, String contentType) {
        String tag = tag(bytes);
        RouteResponse whole = withHeaders(RouteResponse.of(200, contentType, bytes), tag);
        RouteResponse unchanged = withHeaders(RouteResponse.empty(304), tag);
        return request -> (hasAlready(request, tag) ? unchanged : whole).completed();
    }

    private static RouteResponse withHeaders(RouteResponse response, String tag) {
        return response.with("cache-control", "no-cache")
                .with("etag", tag)
                .with("content-security-policy", POLICY)
                .with("referrer-policy", "no-referrer");
    }

    private static boolean hasAlready(SseRequest request, String tag) {
        return request.headerAll("if-none-match").stream()
                .flatMap(tags -> Arrays.stream(tags.split(",")))
                .map(known -> known.strip().replaceFirst("^W/", ""))
                .anyMatch(known -> known.equals(tag) || known.equals("*"));
    }

    private static byte[] read(String name) {
        try (InputStream in = Page.class.getResourceAsStream("/io/sluice/sse/examples/page/" + name)) {
            if (in == null) {
                throw new IllegalStateException("the page's file " + name + " is missing in this build");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String tag(byte[] bytes) {
        CRC32 sum = new CRC32();
        sum.update(bytes);
        return String.format("\"%08x-%x\"", sum.getValue(), bytes.length);
    }
}
