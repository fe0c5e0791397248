package io.sluice.sse.benchmarks.soak;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What one client or publisher may try. The comments name the case in the attack log of commit e6db646. */
enum Attack {
    /** A1. */
    SLASHES("paths of 60,000 slashes, pipelined") {
        @Override
        void run(AttackSite site) {
            String request = "GET " + "/".repeat(60_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
            site.repeat(2, false, connection -> {
                for (int i = 0; i < 8; i++) {
                    connection.send(request);
                }
                for (int i = 0; i < 8; i++) {
                    connection.response();
                }
            });
        }
    },
    /** A2. */
    BACKLOG("batches over 3,000 topics with large events, four readers of all topics") {
        @Override
        void run(AttackSite site) {
            site.repeat(4, true, connection -> connection.get("/events/bulk/**").read(MUCH, LONG));
            String large = "x".repeat(33_000);
            List<String> events = new ArrayList<>();
            for (int i = 0; i < 4_000; i++) {
                events.add(event("bulk/" + i % 3_000, i % 286 == 0 ? large : "small"));
            }
            String batch = array(events);
            site.repeat(3, false, connection -> AttackSite.batch(connection, "/publish/bulk/0", batch));
        }
    },
    /** A3. */
    PATTERNS("100 patterns over 100,000 topics, come and go") {
        @Override
        void prepare(AttackConnection connection) throws IOException {
            topics(connection, 100_000, "a/b/c/d/e/f/");
        }

        @Override
        void run(AttackSite site) {
            String many = IntStream.range(0, 100)
                    .mapToObj(i -> "topic=" + pattern(i))
                    .collect(Collectors.joining("&", "/events?", ""));
            site.repeat(1, true, connection -> connection.get(many).read(100, SHORT));
        }
    },
    /** A3, the last sentence. */
    ALL_TOPICS("a client of all of 100,000 topics, comes and goes") {
        @Override
        void prepare(AttackConnection connection) throws IOException {
            topics(connection, 100_000, "all/");
        }

        @Override
        void run(AttackSite site) {
            site.repeat(1, true, connection -> connection.get("/events/**").read(100, SHORT));
        }
    },
    /** A4. */
    SEGMENTS("300 idle streams with 100 patterns of 32 segments each") {
        @Override
        void run(AttackSite site) {
            AtomicInteger number = new AtomicInteger();
            site.hold(300, connection -> {
                int own = number.getAndIncrement();
                connection.get(IntStream.range(0, 100)
                        .mapToObj(i -> "topic=" + own + "/" + i + "/s".repeat(29) + "/*")
                        .collect(Collectors.joining("&", "/events?", "")));
            });
        }
    },
    /** A5. */
    LARGE_UNREAD("an event of 1 MB for 60 clients that do not read, and newcomers") {
        @Override
        void prepare(AttackConnection connection) throws IOException {
            connection
                    .post("/publish/large", "text/plain", "\n".repeat(1_000_000))
                    .response();
        }

        @Override
        void run(AttackSite site) {
            AtomicInteger number = new AtomicInteger();
            site.hold(
                    60,
                    connection -> connection.get("/events/large?topic=own/" + number.getAndIncrement() + "&replay=1"));
            site.repeat(1, true, connection -> {
                connection.get("/events/large?topic=new/" + number.getAndIncrement() + "&replay=1");
                Thread.sleep(250);
            });
        }
    },
    /** A6. */
    UNFINISHED_BODIES("400 bodies of 1 MB without their last byte") {
        @Override
        void run(AttackSite site) {
            String body = "x".repeat(999_999);
            site.hold(
                    400,
                    connection -> connection.send(
                            "POST /publish/half HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"
                                    + body));
        }
    },
    /** A6. */
    CHUNK_EXTENSIONS("bodies in chunks of one byte with long extensions") {
        @Override
        void run(AttackSite site) {
            String chunk = "1;" + "e".repeat(6_000) + "\r\nx\r\n";
            site.repeat(8, true, connection -> {
                connection.send("POST /publish/half HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
                for (int i = 0; i < 1_000; i++) {
                    connection.send(chunk);
                }
            });
        }
    },
    /** A6. */
    UNREAD_RESPONSES("70 publishers of batches that do not read the responses") {
        @Override
        void run(AttackSite site) {
            String batch = array(Collections.nCopies(20_000, "{\"data\":1}"));
            site.hold(70, connection -> connection.post("/publish/batch", "application/vnd.sluice.batch+json", batch));
        }
    },
    /** A7. */
    TOPIC_NAMES("publishes to new topics with names of 230 bytes") {
        @Override
        void run(AttackSite site) {
            AtomicInteger number = new AtomicInteger();
            String name = "n".repeat(220);
            site.repeat(2, false, connection -> {
                List<String> events = new ArrayList<>();
                for (int i = 0; i < 1_000; i++) {
                    events.add(event(name + number.getAndIncrement(), "x"));
                }
                AttackSite.batch(connection, "/publish/n", array(events));
            });
        }
    },
    /** A9. */
    REPLAYS("replays of 90,000 events of 3,000 topics") {
        @Override
        void prepare(AttackConnection connection) throws IOException {
            for (int round = 0; round < 30; round++) {
                topics(connection, 3_000, "replay/");
            }
        }

        @Override
        void run(AttackSite site) {
            site.repeat(
                    1,
                    true,
                    connection ->
                            connection.get("/events/replay/**?replay=100000").read(MUCH, Duration.ofMillis(200)));
        }
    },
    /** A10. */
    BATCH_RESPONSES("batches of 60,000 events for 1,000 sinks and a pattern") {
        @Override
        void run(AttackSite site) {
            site.hold(1_000, connection -> connection.get("/events/counted"));
            site.hold(1, connection -> connection.get("/events/*"));
            String batch = array(Collections.nCopies(60_000, "{\"data\":1}"));
            site.repeat(1, false, connection -> AttackSite.batch(connection, "/publish/counted", batch));
        }
    },
    /** A12. */
    FLOOD("twelve publishers of events of 0.9 MB") {
        @Override
        void run(AttackSite site) {
            String body = "x".repeat(900_000);
            site.repeat(
                    12,
                    false,
                    connection -> connection
                            .post("/publish/flood", "text/plain", body)
                            .response());
        }
    },
    /** A16. */
    CONNECTIONS("connections that come and go") {
        @Override
        void run(AttackSite site) {
            site.repeat(4, true, connection -> connection.get("/events/x").read(100, SHORT));
        }
    };

    private static final long MUCH = 100_000_000;
    private static final Duration SHORT = Duration.ofMillis(50);
    private static final Duration LONG = Duration.ofSeconds(2);

    final String what;

    Attack(String what) {
        this.what = what;
    }

    /** What is there before the attack, such as topics. */
    void prepare(AttackConnection connection) throws IOException {}

    /** Begins the attack. It goes on until the site is closed. */
    abstract void run(AttackSite site);

    /** One event to each of these topics. */
    private static void topics(AttackConnection connection, int count, String prefix) throws IOException {
        for (int from = 0; from < count; from += 10_000) {
            List<String> events = IntStream.range(from, Math.min(count, from + 10_000))
                    .mapToObj(i -> event(prefix + i, "x"))
                    .toList();
            AttackSite.batch(connection, "/publish/" + prefix + "0", array(events));
        }
    }

    /** A pattern that matches each topic of {@link #PATTERNS}: the stars stand at the bits of a number. */
    private static String pattern(int number) {
        StringBuilder pattern = new StringBuilder();
        for (int i = 0; i < 6; i++) {
            pattern.append((number >> i & 1) == 1 ? "*" : String.valueOf((char) ('a' + i)))
                    .append('/');
        }
        return pattern + (number >= 64 ? "**" : "*");
    }

    private static String event(String topic, String data) {
        return "{\"topic\":\"" + topic + "\",\"data\":\"" + data + "\"}";
    }

    private static String array(List<String> events) {
        return "[" + String.join(",", events) + "]";
    }
}
