package io.sluice.sse.netty;

import java.util.LinkedHashMap;
import java.util.Map;

/** Invalid, unsupported and unusual HTTP/1.1 requests for a stream, each with the status that it must get. */
final class HostileRequests {

    /** The stream opens. */
    static final int OPENS = 200;

    /** The connection closes. A response is optional and is 400. */
    static final int CLOSES = 0;

    private static final String HOST = "Host: localhost\r\n";
    private static final String VERSION = " HTTP/1.1\r\n";

    record Case(String request, int status) {}

    private final Map<String, Case> cases = new LinkedHashMap<>();

    private HostileRequests() {}

    static Map<String, Case> all() {
        HostileRequests table = new HostileRequests();
        table.addLines();
        table.addHeaders();
        table.addHosts();
        table.addTargets();
        table.addBodies();
        table.addTopics();
        table.addQueries();
        table.addNegotiation();
        return table.cases;
    }

    private void add(String name, int status, String request) {
        Case before = cases.put(name, new Case(request, status));
        assert before == null : name;
    }

    /** A request with another first line. */
    private void line(String name, int status, String line) {
        add(name, status, line + "\r\n" + HOST + "\r\n");
    }

    private void get(String name, int status, String target) {
        line(name, status, "GET " + target + " HTTP/1.1");
    }

    /** A request with further header lines, each with its end. */
    private void headers(String name, int status, String lines) {
        add(name, status, "GET /events/a" + VERSION + HOST + lines + "\r\n");
    }

    private void host(String name, int status, String lines) {
        add(name, status, "GET /events/a" + VERSION + lines + "\r\n");
    }

    private void post(String name, int status, String headers, String body) {
        add(name, status, "POST /events/a" + VERSION + HOST + headers + "\r\n" + body);
    }

    private void addLines() {
        add("bare LF", 400, "GET /events/a HTTP/1.1\n" + "Host: localhost\n\n");
        add("bare CR", 400, "GET /events/a HTTP/1.1\rHost: localhost\r\r\n\r\n");
        add("HTTP/0.9", 400, "GET /events/a\r\n");
        add("TLS hello", CLOSES, "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003\r\n");
        line("control bytes first", 400, "\u0001\u0002GET /events/a HTTP/1.1");
        line("no version", 400, "GET /events/a HTTP");
        line("no target", 400, "GET HTTP/1.1");
        line("two targets", 400, "GET /events/a /events/b HTTP/1.1");
        line("tab for a space", OPENS, "GET\t/events/a\tHTTP/1.1");
        line("HTTP/1.2", OPENS, "GET /events/a HTTP/1.2");
        line("HTTP/1.10", 400, "GET /events/a HTTP/1.10");
        line("HTTP/3.0", 505, "GET /events/a HTTP/3.0");
        line("another protocol", 400, "GET /events/a ICY/1.1");
        line("lower-case version", OPENS, "GET /events/a http/1.1");
        add("garbage", 400, "\u00ff\u00fe\u00fd\r\n\r\n");
        add("HTTP/2 preface with another version", 505, "PRI * HTTP/2.1\r\n\r\nSM\r\n\r\n");
        line("empty lines first", OPENS, "\r\n\r\nGET /events/a HTTP/1.1");
        line("line too long", 414, "GET /events/" + "a".repeat(90_000) + " HTTP/1.1");
        line("line much too long", 414, "GET /events/" + "a".repeat(300_000) + " HTTP/1.1");
        line("lower-case get", 405, "get /events/a HTTP/1.1");
        line("unknown method", 405, "SUBSCRIBE /events/a HTTP/1.1");
        line("TRACE", 405, "TRACE /events/a HTTP/1.1");
        line("OPTIONS without CORS", 405, "OPTIONS /events/a HTTP/1.1");
        line("a method that is no token", 400, "GE(T /events/a HTTP/1.1");
        line("a method of 5,000 letters", 405, "G".repeat(5_000) + " /events/a HTTP/1.1");
        line("CONNECT", 400, "CONNECT localhost:80 HTTP/1.1");
    }

    private void addHeaders() {
        headers("NUL in a value", 400, "X: a\0b\r\n");
        headers("NUL in a name", 400, "X\0: a\r\n");
        headers("no colon", 400, "Some header\r\n");
        headers("empty name", 400, ": a\r\n");
        headers("a name that is no token", 400, "X(Y): a\r\n");
        headers("space in a name", 400, "X Y: a\r\n");
        headers("letters beyond ASCII in a name", 400, "X\u00e4: a\r\n");
        headers("letters beyond ASCII in a value", OPENS, "X: \u00e4\u00ff\r\n");
        headers("tab in a value", OPENS, "X: a\tb\r\n");
        headers("empty value", OPENS, "X:\r\n");
        headers("folded header", OPENS, "X: a\r\n b\r\n");
        headers("bare CR in a value", 400, "X: a\rb\r\n");
        host("space before colon", 400, "Host : localhost\r\n");
        headers("header too long", 431, "X: " + "a".repeat(40_000) + "\r\n");
        headers("long cookie", 431, "Cookie: " + "c=1; ".repeat(8_000) + "\r\n");
        headers("1000 headers", 431, "Some-Header: some value\r\n".repeat(1000));
        headers("Connection: close", OPENS, "Connection: close\r\n");
        headers("Connection with many names", OPENS, "Connection: a, b, c, keep-alive, x\r\n");
        headers(
                "an upgrade to HTTP/2",
                OPENS,
                "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n");
        headers("an upgrade to WebSocket", OPENS, "Connection: Upgrade\r\nUpgrade: websocket\r\n");
        headers("a range", OPENS, "Range: bytes=0-1\r\n");
        headers("a condition", OPENS, "If-None-Match: *\r\n");
        headers("unknown expectation", 417, "Expect: the-unexpected\r\n");
        headers("folded Last-Event-ID", OPENS, "Last-Event-ID: a\r\n b\r\n");
        headers("hostile Last-Event-ID", OPENS, "Last-Event-ID: \"}\u00ff<x>" + "y".repeat(500) + "\r\n");
        headers("empty Last-Event-ID", OPENS, "Last-Event-ID:\r\n");
    }

    private void addHosts() {
        host("no Host", 400, "");
        host("two Hosts", 400, HOST + "Host: evil\r\n");
        host("the same Host twice", 400, HOST + HOST);
        host("empty Host", 400, "Host:\r\n");
        host("foreign Host", 421, "Host: evil.example\r\n");
        host("a name that begins like ours", 421, "Host: localhost.evil.example\r\n");
        host("a list of Hosts", 400, "Host: localhost, evil\r\n");
        host("Host with a user", 400, "Host: evil@localhost\r\n");
        host("Host with a path", 400, "Host: localhost/x\r\n");
        host("Host with a space", 400, "Host: local host\r\n");
        host("Host with a port that is none", 400, "Host: localhost:http\r\n");
        host("Host with a port too large", 400, "Host: localhost:99999\r\n");
        host("Host with half an address", 400, "Host: [::1\r\n");
        host("Host with a dot at its end", 421, "Host: localhost.\r\n");
        host("Host in capitals", OPENS, "HOST: LOCALHOST:80\r\n");
        host("Host as an address", OPENS, "Host: [::1]:80\r\n");
        get("absolute form", OPENS, "http://localhost/events/a");
        get("absolute form, foreign", 421, "http://evil.example/events/a");
        get("absolute form, no path", 404, "http://localhost");
        get("absolute form, another scheme", 400, "ftp://localhost/events/a");
        get("absolute form with a user", 400, "http://evil@localhost/events/a");
        get("authority form", 400, "localhost:80");
        line("asterisk form", 400, "OPTIONS * HTTP/1.1");
    }

    private void addTargets() {
        get("//evil", 404, "//evil/events/a");
        get("unknown path", 404, "/nothing");
        get("a path in capitals", 404, "/EVENTS/a");
        get("a fragment", 400, "/events/a#b");
        get("a backslash", OPENS, "/events/a\\b");
        get("CR LF in the path", 400, "/events/a%0d%0aFAKE:%20x");
        get("CR LF in a query", 400, "/events/a?topic=b%0d%0aFAKE");
        get("NUL in the path", 400, "/events/a%00");
        get("quotes in the path", 400, "/events/%22%5c%22%0a/../%22");
        get("dot segments", 400, "/events/../events/a");
        get("encoded dot segments", 400, "/events/%2e%2e/admin");
        get("dots encoded twice", OPENS, "/events/%252e%252e");
        get("% at the end", 400, "/events/a%");
        get("% without hex", 400, "/events/a%zz");
        get("% in the query", 400, "/events/a?topic=%f");
        get("overlong UTF-8", 400, "/events/%c0%af");
        get("raw invalid UTF-8", 400, "/events/\u00ff");
        get("UTF-8 surrogate", 400, "/events/%ed%a0%80");
        get("UTF-8 beyond Unicode", 400, "/events/%f4%90%80%80");
    }

    private void addBodies() {
        add("1.0 and TE", 400, "GET /events/a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
        post("TE and CL", 400, "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n");
        post("two CL that differ", 400, "Content-Length: 5\r\nContent-Length: 6\r\n", "hello!");
        post("a list of CL that differ", 400, "Content-Length: 5, 6\r\n", "hello!");
        post("negative CL", 400, "Content-Length: -5\r\n", "hello");
        post("CL with a sign", 400, "Content-Length: +5\r\n", "hello");
        post("CL that is no number", 400, "Content-Length: 5x\r\n", "hello");
        post("empty CL", 400, "Content-Length:\r\n", "hello");
        post("CL in hex", 400, "Content-Length: 0x5\r\n", "hello");
        post("CL beyond 64 bits", 400, "Content-Length: 99999999999999999999\r\n", "hello");
        post("xchunked", 400, "Transfer-Encoding: xchunked\r\n", "0\r\n\r\n");
        post("chunked, xchunked", 400, "Transfer-Encoding: chunked, xchunked\r\n", "0\r\n\r\n");
        post("chunked twice", 400, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n");
        post("chunk size that is none", 400, "Transfer-Encoding: chunked\r\n", "zz\r\nhello\r\n0\r\n\r\n");
        post("negative chunk size", 400, "Transfer-Encoding: chunked\r\n", "-5\r\nhello\r\n0\r\n\r\n");
        post("chunk size beyond 64 bits", 400, "Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\nhello\r\n");
        post("chunk without its end", 400, "Transfer-Encoding: chunked\r\n", "5\r\nhelloxx0\r\n\r\n");
        post("chunk size line too long", 414, "Transfer-Encoding: chunked\r\n", "5;" + "x".repeat(180_000) + "\r\n");
        post("body too large", 413, "Content-Length: 100000000\r\n", "");
        post("POST to a stream", 405, "Content-Length: 0\r\n", "");
        headers("GET with a body", 413, "Content-Length: 5\r\n\r\nhello");
        headers("GET with a chunked body", 413, "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n");
    }

    private void addTopics() {
        get("empty topic", 400, "/events/");
        get("empty segment", 400, "/events/a//b");
        get("slash at the end", 400, "/events/a/");
        get("pattern too wide", 400, "/events/a**b");
        get("two stars first", 400, "/events/**/a");
        get("part of a segment as a pattern", 400, "/events/a*");
        get("encoded star", 400, "/events/%2a");
        get("a name of 256 bytes", 400, "/events/" + "a".repeat(256));
        get("33 segments", 400, "/events/a" + "/a".repeat(32));
        get("text direction", 400, "/events/a%e2%80%aeb");
        get("zero width", 400, "/events/a%e2%80%8bb");
        get("tab in a name", 400, "/events/a%09b");
        get("DEL in a name", 400, "/events/a%7fb");
    }

    private void addQueries() {
        get("bad replay", 400, "/events/a?replay=many");
        get("negative replay", 400, "/events/a?replay=-1");
        get("replay beyond 64 bits", OPENS, "/events/a?replay=99999999999999999999");
        get("replay twice", OPENS, "/events/a?replay=1&replay=2");
        get("bad since", 400, "/events/a?since=yesterday");
        get("replay and since", OPENS, "/events/a?replay=1&since=2026-01-01T00:00:00Z");
        get("bad envelope", 400, "/events/a?envelope=maybe");
        get("two ids", OPENS, "/events/a?lastEventId=a&lastEventId=b");
        get("101 topics", 400, "/events?" + "topic=a&".repeat(101));
        get("101 patterns", 400, "/events?" + "topic=a/*&".repeat(101));
        get("no topic", 400, "/events");
        get("2,000 other parameters", OPENS, "/events/a?" + "x&".repeat(2_000));
    }

    private void addNegotiation() {
        headers("wrong Accept", 406, "Accept: application/json\r\n");
        headers("Accept that refuses us", 406, "Accept: */*, text/event-stream;q=0\r\n");
        headers("Accept that is none", OPENS, "Accept: ;;;,,,text/event-stream\r\n");
        headers("Accept with a long list", 406, "Accept: " + "a/b,".repeat(1_000) + "a/b\r\n");
        headers("quality that is none", OPENS, "Accept: text/event-stream;q=high\r\n");
    }
}
