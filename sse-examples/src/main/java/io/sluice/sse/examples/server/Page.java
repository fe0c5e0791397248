package io.sluice.sse.examples.server;

import io.sluice.sse.netty.HttpRoute;
import io.sluice.sse.netty.RouteResponse;
import io.sluice.sse.netty.SseServerBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

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
        HttpRoute script = HttpRoute.clientScript();
        server.route(
                "GET", "/sluice-client.js", request -> script.handle(request).thenApply(Page::guarded));
        server.route("GET", "/favicon.ico", request -> RouteResponse.empty(204).completed());
    }

    private static HttpRoute file(String name, String contentType) {
        return content(read(name), contentType);
    }

    private static HttpRoute content(byte[] bytes, String contentType) {
        return HttpRoute.content(
                guarded(RouteResponse.of(200, contentType, bytes).with("cache-control", "no-cache")));
    }

    private static RouteResponse guarded(RouteResponse response) {
        return response.with("content-security-policy", POLICY).with("referrer-policy", "no-referrer");
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
}
