package io.sluice.sse.redis;

import static io.sluice.sse.redis.Nodes.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XAddArgs;
import io.lettuce.core.XTrimArgs;
import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.test.RecordingSink;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.StartPosition;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Clients that are older than the memory of their node are served from the stream of a real Redis. */
class RedisHistoryTest extends OneRedis {

    /** In the form of MONITOR: the connection and the name. */
    private static final Pattern COMMAND = Pattern.compile("\\S+ \\[\\d+ ([\\d.]+:\\d+)] \"(\\w+)\"");

    /** It waits long for answers, so that a slow machine does not end the streams of old clients. */
    private Hub smallNode() {
        return nodes.node(
                options -> options.loadedEntries(5).commandTimeout(Duration.ofSeconds(30)),
                hub -> hub.historyEvents(5));
    }

    private static void publish(Hub hub, int from, int to) throws Exception {
        for (int i = from; i < to; i += 50) {
            get(hub.publishAll(IntStream.range(i, Math.min(to, i + 50))
                    .mapToObj(each -> new Publication("t", Event.of("e" + each)))
                    .toList()));
        }
    }

    private static List<String> data(int from, int to) {
        return IntStream.range(from, to).mapToObj(i -> "e" + i).toList();
    }

    private static void awaitData(RecordingSink sink, List<String> data) {
        sink.await(() -> sink.data().size() >= data.size());
        assertThat(sink.data()).isEqualTo(data);
        assertThat(sink.gaps()).isEmpty();
    }

    @Test
    void everyNodeServesAnOldClientFromTheStream() throws Exception {
        Hub a = smallNode();
        String before = get(a.publish("t", Event.of("before"))).id();
        get(a.publish("other", Event.of("not for this client")));
        publish(a, 0, 1100); // three pages
        Hub b = smallNode();
        Instant begun = Instant.now();
        for (Hub hub : List.of(a, b)) {
            awaitData(nodes.client(hub, StartPosition.after(before), "t"), data(0, 1100));
            awaitData(nodes.client(hub, StartPosition.replay(600), "t"), data(500, 1100));
        }
        RecordingSink since = nodes.client(b, StartPosition.since(begun.minusSeconds(3600)), "t");
        since.await(() -> since.data().contains("e1099"));
        assertThat(since.data()).startsWith("before", "e0").hasSize(1101);
    }

    @Test
    void aTrimmedStreamIsAGapAndWhatItKeepsFollows() throws Exception {
        Hub a = smallNode();
        String before = get(a.publish("t", Event.of("before"))).id();
        publish(a, 0, 1000);
        String first = redis.commands()
                .xrange(nodes.key, Range.create("-", "+"), Limit.from(502))
                .get(501)
                .getId();
        redis.commands().xtrim(nodes.key, XTrimArgs.Builder.minId(first).exactTrimming());
        Hub b = smallNode(); // which knows from its begin that the stream was trimmed; the other one finds it
        for (Hub hub : List.of(a, b)) {
            RecordingSink old = nodes.client(hub, StartPosition.after(before), "t");
            old.await(() -> old.data().contains("e999"));
            assertThat(old.gaps())
                    .singleElement()
                    .satisfies(gap -> assertThat(gap.data()).contains("\"evicted\""));
            assertThat(old.data()).containsSubsequence(data(500, 1000)).doesNotContain("e498");
        }
    }

    @Test
    void anEntryThatWasDeletedIsAGapOnlyForThoseWhoReadAcrossIt() throws Exception {
        Hub a = smallNode();
        String before = get(a.publish("t", Event.of("before"))).id();
        get(a.publish("quiet", Event.of("e0")));
        publish(a, 0, 50);
        String after = get(a.publish("t", Event.of("after the hole"))).id();
        publish(a, 50, 100);
        List<StreamMessage<String, String>> all = redis.commands().xrange(nodes.key, Range.create("-", "+"));
        for (StreamMessage<String, String> each : all) {
            if (List.of("e48", "e49").contains(String.valueOf(each.getBody().get("data")))) {
                redis.commands().xdel(nodes.key, each.getId());
            }
        }
        for (Hub hub : List.of(a, smallNode())) {
            RecordingSink across = nodes.client(hub, StartPosition.after(before), "t");
            across.await(() -> across.data().contains("e99"));
            assertThat(across.gaps())
                    .singleElement()
                    .satisfies(gap -> assertThat(gap.data()).contains("\"lost\""));
            assertThat(across.data()).containsSubsequence(data(0, 48)).containsSubsequence(data(50, 100));
            awaitData(nodes.client(hub, StartPosition.after(after), "t"), data(50, 100));
        }
        awaitData(nodes.client(a, StartPosition.after(before), "quiet"), data(0, 1));
    }

    @Test
    void pagesHaveAConnectionOfTheirOwn() throws Exception {
        Hub a = smallNode();
        String before = get(a.publish("t", Event.of("before"))).id();
        publish(a, 0, 50);
        try (Socket monitor = new Socket(InetAddress.getLoopbackAddress(), redis.port)) {
            monitor.setSoTimeout(20_000);
            monitor.getOutputStream().write("MONITOR\r\n".getBytes(StandardCharsets.US_ASCII));
            BufferedReader commands =
                    new BufferedReader(new InputStreamReader(monitor.getInputStream(), StandardCharsets.UTF_8));
            assertThat(commands.readLine()).isEqualTo("+OK");
            awaitData(nodes.client(a, StartPosition.after(before), "t"), data(0, 50));
            get(a.publish("t", Event.of("later")));
            Map<String, String> connections = new HashMap<>();
            while (!connections.keySet().containsAll(List.of("XRANGE", "XREAD", "XADD"))) {
                Matcher command = COMMAND.matcher(commands.readLine());
                if (command.lookingAt()) {
                    connections.put(command.group(2), command.group(1));
                }
            }
            assertThat(List.of("XRANGE", "XREAD", "XADD"))
                    .extracting(connections::get)
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void oldEntriesAreTrimmedByTheirAge() throws Exception {
        Hub young = smallNode();
        String before = get(young.publish("t", Event.of("young"))).id();
        long hourAgo = System.currentTimeMillis() - 3_600_000;
        redis.commands()
                .xdel(nodes.key, "1-1"); // so that the marker of the epoch, which has no time, is the first entry
        for (int i = 0; i < 900; i++) {
            Map<String, String> fields = new LinkedHashMap<>();
            fields.put("v", "1");
            fields.put("t", Long.toString(i < 700 ? hourAgo + i : System.currentTimeMillis()));
            fields.put("topic", "t");
            fields.put("data", "e" + i);
            redis.commands().xadd(nodes.key, XAddArgs.Builder.nomkstream().id("1-*"), fields);
        }
        nodes.node(options -> options.streamAge(Duration.ofMinutes(1)), hub -> {});
        Awaitility.await("trimmed")
                .pollInterval(Duration.ofMillis(10))
                .until(() -> redis.commands().xlen(nodes.key) < 350);
        assertThat(redis.commands().xlen(nodes.key)).isGreaterThanOrEqualTo(200);
        RecordingSink sink = nodes.client(smallNode(), StartPosition.after(before), "t");
        sink.await(() -> sink.data().contains("e899"));
        assertThat(sink.gaps()).hasSize(1);
        assertThat(sink.data()).containsSubsequence(data(700, 900)).doesNotContain("e599");
    }

    @Test
    void aRepetitionIsNotReadAgain() throws Exception {
        Hub a = smallNode();
        String before = get(a.publish("t", Event.of("before"))).id();
        for (String number : List.of("1", "2", "2", "1", "3")) {
            Map<String, String> fields = new LinkedHashMap<>();
            fields.put("v", "1");
            fields.put("topic", "t");
            fields.put("n", "php:" + number);
            fields.put("data", "n" + number);
            redis.commands().xadd(nodes.key, XAddArgs.Builder.nomkstream().id("1-*"), fields);
        }
        publish(a, 0, 20);
        Hub b = smallNode();
        for (Hub hub : List.of(a, b)) {
            RecordingSink sink = nodes.client(hub, StartPosition.after(before), "t");
            sink.await(() -> sink.data().contains("e19"));
            assertThat(sink.data()).startsWith("n1", "n2", "n3", "e0");
            assertThat(sink.gaps()).isEmpty();
        }
    }

    @Test
    void anEpochThatANodeHasNotSeenBeginIsAGapAtItsPlace() throws Exception {
        Hub a = smallNode();
        String before = get(a.publish("t", Event.of("before"))).id();
        publish(a, 0, 10);
        redis.commands().hset(nodes.key + ":epoch", "run", "another process");
        Hub b = smallNode(); // begins epoch 2
        publish(b, 10, 30);
        Hub c = smallNode();
        RecordingSink sink = nodes.client(c, StartPosition.after(before), "t");
        sink.await(() -> sink.data().contains("e29"));
        assertThat(sink.gaps()).hasSize(1);
        assertThat(sink.data()).containsExactlyElementsOf(data(0, 30));
    }

    @Test
    void withoutRedisAnOldClientIsAskedToComeBack() throws Exception {
        try (RedisServer own = RedisServer.redis();
                Nodes there = new Nodes(own.uri())) {
            Hub a = there.node(options -> {}, hub -> hub.historyEvents(5));
            String before = get(a.publish("t", Event.of("before"))).id();
            publish(a, 0, 20);
            own.pause();
            RecordingSink sink = there.client(a, StartPosition.after(before), "t");
            sink.await(() -> sink.endReason() != null);
            assertThat(sink.endReason()).isEqualTo(CloseReason.RESET);
            own.resume();
            Nodes.awaitAvailable(a);
            awaitData(there.client(a, StartPosition.after(before), "t"), data(0, 20));
        }
    }
}
