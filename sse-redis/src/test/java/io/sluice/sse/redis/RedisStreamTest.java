package io.sluice.sse.redis;

import static io.sluice.sse.redis.Nodes.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.XAddArgs;
import io.sluice.sse.Event;
import io.sluice.sse.backplane.BackplaneException;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.test.RecordingSink;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What a node reads from the stream of a real Redis, and what other programs write there. */
class RedisStreamTest extends OneRedis {

    private static void awaitData(RecordingSink sink, String... data) {
        sink.await(() -> sink.data().size() >= data.length);
        assertThat(sink.data()).containsExactly(data);
        assertThat(sink.gaps()).isEmpty();
    }

    private static void awaitGapBefore(RecordingSink sink, String data) {
        sink.await(() -> sink.data().contains(data));
        assertThat(sink.gaps()).hasSize(1);
        assertThat(sink.gaps().get(0).data()).contains("\"lost\"");
    }

    private void add(String... namesAndValues) {
        Map<String, String> fields = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        redis.commands().xadd(nodes.key, XAddArgs.Builder.nomkstream().id("1-*"), fields);
    }

    // ---- a node that begins

    @Test
    void aNodeThatBeginsHasWhatWasPublishedLately() throws Exception {
        Hub a = nodes.node();
        String first = get(a.publish("t", Event.of("1"))).id();
        get(a.publishAll(List.of(new Publication("t", Event.of("2")), new Publication("u", Event.of("3")))));
        Hub b = nodes.node();
        awaitData(nodes.client(b, StartPosition.after(first), "t", "u"), "2", "3");
        awaitData(nodes.client(b, StartPosition.replay(10), "t"), "1", "2");
        awaitData(nodes.client(b, StartPosition.since(Instant.now().minusSeconds(60)), "t"), "1", "2");
        assertThat(b.headId()).isEqualTo(a.headId());
    }

    @Test
    void aNodeThatBeginsInTheMiddleOfABatchReadsItsBeginFromTheStream() throws Exception {
        Hub a = nodes.node();
        get(a.publishAll(Stream.of("1", "2", "3", "4", "5")
                .map(data -> new Publication("t", Event.of(data)))
                .toList()));
        Hub b = nodes.node(options -> options.loadedEntries(3), hub -> {});
        RecordingSink sink = nodes.client(b, StartPosition.replay(10), "t");
        get(a.publish("t", Event.of("end")));
        sink.await(() -> sink.data().contains("end"));
        assertThat(sink.data()).containsExactly("1", "2", "3", "4", "5", "end");
    }

    @Test
    void aBatchWithAHoleIsDeliveredWithoutTheHole() throws Exception {
        Hub a = nodes.node();
        RecordingSink sink = nodes.client(a, "t");
        redis.commands().multi();
        for (int part = 0; part < 6; part++) {
            add("v", "1", "n", "php-7:1", "part", part + "/6", "topic", "t", "data", "e" + part);
        }
        redis.commands().xdel(nodes.key, "1-3");
        redis.commands().exec();
        for (int part = 4; part < 6; part++) { // a repetition
            add("v", "1", "n", "php-7:1", "part", part + "/6", "topic", "t", "data", "e" + part);
        }
        get(a.publish("t", Event.of("end")));
        awaitGapBefore(sink, "end");
        sink.run();
        assertThat(sink.data().stream().filter(data -> data.startsWith("e")))
                .containsExactly("e0", "e1", "e3", "e4", "e5", "end");
    }

    @Test
    void theStreamIsTrimmed() throws Exception {
        Hub a = nodes.node(options -> options.streamEntries(100), hub -> {});
        for (int i = 0; i < 20; i++) {
            get(a.publishAll(IntStream.range(0, 50)
                    .mapToObj(each -> new Publication("t", Event.of("x")))
                    .toList()));
            get(a.publish("t", Event.of("x")));
        }
        assertThat(redis.commands().xlen(nodes.key)).isLessThan(400);
    }

    // ---- other programs

    @Test
    void anotherProgramPublishesWithOneCommand() throws Exception {
        Hub a = nodes.node();
        RecordingSink sink = nodes.client(a, "news");
        Process cli = new ProcessBuilder(
                        "redis-cli",
                        "-p",
                        "" + redis.port,
                        "XADD",
                        nodes.key,
                        "1-*",
                        "v",
                        "1",
                        "topic",
                        "news",
                        "data",
                        "hello")
                .start();
        assertThat(cli.waitFor()).isZero();
        awaitData(sink, "hello");
        add("v", "1", "topic", "news\nother", "event", "greeting", "id", "my-id", "retry", "2000", "data", "ünï");
        add("v", "1", "topic", "news", "to", "principal:ann", "data", "not for this client");
        add("v", "1", "topic", "news", "data", "last", "last", "1");
        sink.await(() -> sink.endReason() != null);
        assertThat(sink.data()).startsWith("hello", "ünï", "last").doesNotContain("not for this client");
        assertThat(sink.events().get(1).type()).isEqualTo("greeting");
        assertThat(sink.events().get(1).lastEventId()).isEqualTo("my-id");
    }

    @Test
    void entriesThatCannotBeUnderstoodAreSkippedAndCounted() throws Exception {
        Hub a = nodes.node();
        RecordingSink sink = nodes.client(a, "t");
        add("topic", "t", "data", "no version");
        add("v", "one", "topic", "t", "data", "no version");
        add("v", "1", "data", "no topic");
        add("v", "1", "topic", "a//b", "data", "bad topic");
        add("v", "1", "topic", "t", "event", "gap", "data", "reserved");
        add("v", "1", "topic", "t", "id", a.headId(), "data", "the id of a hub");
        add("v", "1", "topic", "t");
        add("v", "1", "topic", "t", "to", "everyone", "data", "x");
        add("v", "1", "topic", "t", "n", "x", "data", "x");
        add("v", "1", "topic", "t", "part", "5/2", "data", "x");
        add("v", "1", "remove", "a//b");
        add("v", "1", "topic", "t", "data", "x", "duplicate", "t");
        add("v", "1", "topic", "t", "id", "mine", "data", "x", "duplicate", "a//b");
        add("v", "1", "topic", "t", "data", "good");
        awaitData(sink, "good");
        Awaitility.await() // what the hub skips is counted after the page
                .untilAsserted(
                        () -> assertThat(a.backplane().orElseThrow().skipped()).isEqualTo(13));
    }

    /** S27: random bytes in the stream. */
    @Test
    void randomBytesDoNotStopTheStream() throws Exception {
        Hub a = nodes.node(options -> options.entryBytes(1024), hub -> {});
        RecordingSink sink = nodes.client(a, "t");
        Random random = new Random(42);
        String[] names = {
            "v", "topic", "data", "id", "event", "key", "retry", "to", "last", "n", "part", "t", "remove", "duplicate"
        };
        for (int i = 0; i < 300; i++) {
            Map<String, String> fields = new LinkedHashMap<>();
            fields.put("v", i % 3 == 0 ? "1" : "" + (char) random.nextInt(32));
            for (int field = random.nextInt(5); field >= 0; field--) {
                byte[] value = new byte[random.nextInt(40)];
                random.nextBytes(value);
                fields.put(
                        names[random.nextInt(names.length)],
                        new String(value, java.nio.charset.StandardCharsets.ISO_8859_1));
            }
            if (i % 6 == 0) { // otherwise few of them are an event
                fields.putAll(Map.of("topic", "other", "data", "x"));
            }
            redis.commands().xadd(nodes.key, XAddArgs.Builder.nomkstream().id("1-*"), fields);
        }
        add("v", "1", "topic", "t", "data", "x".repeat(2000)); // too large
        get(a.publish("t", Event.of("good")));
        sink.await(() -> sink.data().contains("good"));
        assertThat(sink.gaps()).isEmpty();
        assertThat(a.backplane().orElseThrow().skipped()).isPositive();
        assertThat(Nodes.isAvailable(a)).isTrue();
    }

    @Test
    void anEntryOfALaterVersionIsAGap() throws Exception {
        Hub a = nodes.node();
        RecordingSink sink = nodes.client(a, "t");
        add("v", "2", "what", "ever");
        get(a.publish("t", Event.of("after")));
        awaitGapBefore(sink, "after");
    }

    @Test
    void anEntryThatIsAddedTwiceIsDeliveredOnce() throws Exception {
        Hub a = nodes.node();
        RecordingSink sink = nodes.client(a, "t");
        add("v", "1", "n", "php-7:1", "topic", "t", "data", "one");
        add("v", "1", "n", "php-7:1", "topic", "t", "data", "one");
        add("v", "1", "n", "php-7:2", "topic", "t", "data", "two");
        add("v", "1", "n", "php-7:1", "topic", "t", "data", "one");
        get(a.publish("t", Event.of("end")));
        awaitData(sink, "one", "two", "end");
    }

    @Test
    void anEntryWithATimeAsItsIdIsRemovedAndAllClientsGetAGap() throws Exception {
        Hub a = nodes.node();
        RecordingSink sink = nodes.client(a, "t");
        get(a.publish("t", Event.of("before")));
        redis.commands().xadd(nodes.key, Map.of("v", "1")); // the id * that most programs would use
        Awaitility.await()
                .pollInterval(Duration.ofMillis(5))
                .until(() -> a.backplane().orElseThrow().reconnects() == 1);
        get(a.publish("t", Event.of("after")));
        awaitGapBefore(sink, "after");
        assertThat(redis.commands().xlen(nodes.key)).isEqualTo(4); // two epochs and two events
    }

    // ---- what is lost

    @Test
    void aStreamThatIsTrimmedUnderTheReaderIsAGap() throws Exception {
        Hub a = nodes.node();
        RecordingSink sink = nodes.client(a, "t");
        get(a.publish("t", Event.of("before")));
        redis.commands().multi();
        for (int i = 0; i < 10; i++) {
            add("v", "1", "topic", "t", "data", "trimmed " + i);
        }
        add("v", "1", "topic", "t", "data", "kept");
        redis.commands().xtrim(nodes.key, false, 1);
        redis.commands().exec();
        awaitGapBefore(sink, "kept");
        assertThat(sink.data()).containsSubsequence("before", "kept");
        assertThat(String.join(" ", sink.data())).doesNotContain("trimmed");
        assertThat(a.backplane().orElseThrow().gaps()).isEqualTo(1);
    }

    @Test
    void anEndOfTheStreamThatIsDeletedIsAGap() throws Exception {
        Hub a = nodes.node();
        RecordingSink sink = nodes.client(a, "t");
        redis.commands().multi();
        add("v", "1", "topic", "t", "data", "deleted");
        redis.commands().xtrim(nodes.key, false, 0);
        redis.commands().exec();
        sink.await(() -> !sink.gaps().isEmpty());
        get(a.publish("t", Event.of("after")));
        awaitGapBefore(sink, "after");
    }

    @Test
    void aFlushedRedisIsAGapAndPublicationsGoOn() throws Exception {
        Hub a = nodes.node();
        Hub b = nodes.node();
        RecordingSink atA = nodes.client(a, "t");
        RecordingSink atB = nodes.client(b, "t");
        String before = get(a.publish("t", Event.of("before"))).id();
        atB.await(() -> atB.data().contains("before"));
        redis.commands().flushall();
        assertThatThrownBy(() -> get(a.publish("t", Event.of("refused"))))
                .cause()
                .isInstanceOf(BackplaneException.class)
                .satisfies(e ->
                        assertThat(((BackplaneException) e).isOutcomeUnknown()).isFalse());
        for (Hub hub : List.of(a, b)) {
            Awaitility.await()
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> hub.backplane().orElseThrow().gaps() == 1);
            Nodes.awaitAvailable(hub);
        }
        String after = get(a.publish("t", Event.of("after"))).id();
        assertThat(after).isGreaterThan(before);
        awaitGapBefore(atA, "after");
        awaitGapBefore(atB, "after");
        Hub c = nodes.node(); // all that is in Redis is new to it
        RecordingSink old = nodes.client(c, StartPosition.after(before), "t");
        old.await(() -> old.data().contains("after"));
        assertThat(old.gaps()).hasSize(1);
    }

    // ---- bounds

    @Test
    void aPublicationThatIsTooLargeIsRefused() {
        Hub a = nodes.node(options -> options.entryBytes(1024), hub -> {});
        assertThatThrownBy(() -> get(a.publish("t", Event.of("x".repeat(2000)))))
                .cause()
                .isInstanceOf(BackplaneException.class)
                .hasMessageContaining("entryBytes")
                .satisfies(
                        e -> assertThat(((BackplaneException) e).isTooLarge()).isTrue());
    }

    /** With any size near the bound, an event is either refused or delivered. */
    @Test
    void theLargestPublicationIsNotSkippedByAReader() throws Exception {
        Hub a = nodes.node(options -> options.entryBytes(1024), hub -> {});
        RecordingSink sink = nodes.client(a, "t");
        int largest = 0;
        for (int size = 850; size <= 1024; size++) {
            try {
                get(a.publish("t", Event.of("x".repeat(size))));
                largest = size;
            } catch (ExecutionException e) {
                assertThat(((BackplaneException) e.getCause()).isTooLarge()).isTrue();
            }
        }
        assertThat(largest).isBetween(900, 1000);
        String id = "chosen";
        get(a.publish("t", Event.builder().id(id).data("x".repeat(largest - 8)).build()));
        assertThat(get(a.publish(
                                "t",
                                Event.builder()
                                        .id(id)
                                        .data("x".repeat(largest - 8))
                                        .build()))
                        .duplicate())
                .isTrue();
        sink.run();
        assertThat(sink.data()).hasSize(largest - 850 + 2);
        assertThat(a.backplane().orElseThrow().skipped()).isZero();
    }

    /** The bound is of an entry, and a batch has several. */
    @Test
    void aBatchMayBeLargerThanAnEntry() throws Exception {
        Hub a = nodes.node(options -> options.entryBytes(1024), hub -> {});
        RecordingSink sink = nodes.client(a, "t");
        get(a.publishAll(IntStream.range(0, 5)
                .mapToObj(each -> new Publication("t", Event.of("x".repeat(700))))
                .toList()));
        sink.await(() -> sink.data().size() == 5);
    }

    @Test
    void optionsAreCheckedWhenTheyAreSet() {
        assertThatThrownBy(() -> RedisBackplane.builder("http://:secret@host:80", "hub"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("secret");
        assertThatThrownBy(() -> RedisBackplane.builder("redis://localhost", "a b"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("hub");
        RedisBackplane.Builder builder = RedisBackplane.builder("redis://localhost", "hub");
        assertThatThrownBy(() -> builder.commandTimeout(Duration.ZERO)).hasMessageContaining("commandTimeout");
        assertThatThrownBy(() -> builder.awayTimeout(Duration.ofHours(1))).hasMessageContaining("awayTimeout");
        assertThatThrownBy(() -> builder.streamEntries(0)).hasMessageContaining("streamEntries");
        assertThatThrownBy(() -> builder.node("a:b")).hasMessageContaining("node");
    }

    /** A node that read each entry by itself would spend most of its time on reading. */
    @Test
    void entriesThatFollowEachOtherFastAreReadTogether() throws Exception {
        Hub a = nodes.node();
        RecordingSink sink = nodes.client(a, "t");
        int count = 500;
        long readsBefore = reads();
        long begun = System.nanoTime();
        for (int i = 0; i < count; i++) {
            add("v", "1", "topic", "t", "data", "e" + i);
        }
        sink.await(() -> sink.data().contains("e499"));
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
        assertThat(sink.data()).hasSize(count);
        assertThat(reads() - readsBefore).isLessThanOrEqualTo(millis / 2 + 10);
    }

    /** How many reads Redis has served. */
    private long reads() {
        Matcher calls = Pattern.compile("cmdstat_xread:calls=(\\d+)")
                .matcher(redis.commands().info("commandstats"));
        return calls.find() ? Long.parseLong(calls.group(1)) : 0;
    }
}
