package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.history.MvStoreHistory;
import io.sluice.sse.history.SyncPolicy;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.hub.Presence;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.StartPosition;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every kind of start with every kind of topic. The client gets all that it requested, or a gap. From a topic that
 * conflates it gets the latest event of each key, exactly once, and never an older value after a newer one.
 */
class StateStartTest {

    /** The events of a topic are {@code key:number}; the numbers rise. */
    enum Kind {
        PLAIN(false, ""),
        PLAIN_EVICTED(false, ""),
        CONFLATING(true, "state/"),
        CONFLATING_EVICTED(true, "state/"),
        CONFLATING_WITH_LOST_KEYS(true, "state/"),
        CONFLATING_WITH_CHOSEN_IDS(true, "state/"),
        CONFLATING_BY_PATTERN(true, "state/"),
        CONFLATING_NEXT_TO_PLAIN(true, "state/"),
        DURABLE(false, ""),
        PRESENCE(false, "presence/rooms/");

        final boolean conflates;
        final String prefix;

        Kind(boolean conflates, String prefix) {
            this.conflates = conflates;
            this.prefix = prefix;
        }

        String topic() {
            return prefix + "t";
        }

        String[] terms() {
            return switch (this) {
                case CONFLATING_BY_PATTERN -> new String[] {"state/*"};
                case CONFLATING_NEXT_TO_PLAIN -> new String[] {topic(), "chat"};
                default -> new String[] {topic()};
            };
        }

        boolean isSmall() {
            return switch (this) {
                case PLAIN, CONFLATING, CONFLATING_WITH_CHOSEN_IDS -> false;
                default -> true;
            };
        }
    }

    enum Start {
        LIVE,
        REPLAY_ONE,
        REPLAY_KEYS,
        REPLAY_ALL,
        SINCE,
        AFTER_FIRST,
        AFTER_LAST,
        AFTER_CHOSEN,
        AFTER_UNKNOWN;

        boolean asksForTheState() {
            return this == REPLAY_ONE || this == REPLAY_KEYS || this == REPLAY_ALL;
        }
    }

    private static final int KEYS = 20;
    private static final int EVENTS = 300;
    private static final int SMALL_RING = 16;

    @TempDir
    Path directory;

    static Stream<Arguments> all() {
        return Stream.of(Kind.values())
                .flatMap(kind -> Stream.of(Start.values()).map(start -> Arguments.of(kind, start)));
    }

    private HubFixture bench(Kind kind) {
        return new HubFixture(options -> options(kind, options));
    }

    private void options(Kind kind, HubBuilder options) {
        options.overflow(OverflowPolicy.GAP).historyEvents(kind.isSmall() ? SMALL_RING : 1000);
        switch (kind) {
            case PRESENCE -> options.presence(Presence.of("rooms/*").withEvents("presence"));
            // The wall clock of this test does not move; that of the store does.
            case DURABLE ->
                options.history(MvStoreHistory.builder(directory)
                        .sync(SyncPolicy.os())
                        .age(Duration.ofDays(36_000))
                        .build());
            case CONFLATING_WITH_LOST_KEYS -> options.conflate("state/**").conflationKeys(3);
            default -> options.conflate("state/**");
        }
    }

    /** Publishes cold keys first, then many updates of a few hot keys, so the ring alone has none of the cold keys. */
    private static String key(int number) {
        return "k" + (number < KEYS ? number : number % 3);
    }

    private static List<String> publishAll(HubFixture bench, Kind kind) {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < EVENTS; i++) {
            Event.Builder event = Event.builder().key(key(i)).data(key(i) + ":" + i);
            if (kind == Kind.CONFLATING_WITH_CHOSEN_IDS || i == 7) {
                event.id("chosen-" + i);
            }
            ids.add(bench.publish(kind.topic(), event.build()).id());
            if (kind == Kind.CONFLATING_NEXT_TO_PLAIN && i % 30 == 0) {
                bench.publish("chat", "chat:" + i);
            }
        }
        return ids;
    }

    private static StartPosition start(Start start, HubFixture bench, List<String> ids) {
        return switch (start) {
            case LIVE -> StartPosition.live();
            case REPLAY_ONE -> StartPosition.replay(1);
            case REPLAY_KEYS -> StartPosition.replay(KEYS);
            case REPLAY_ALL -> StartPosition.replay(StartPosition.MAX_REPLAY);
            case SINCE -> StartPosition.since(bench.wallTime.minus(Duration.ofHours(1)));
            case AFTER_FIRST -> StartPosition.after(ids.get(0));
            case AFTER_LAST -> StartPosition.after(ids.get(EVENTS - 1));
            case AFTER_CHOSEN -> StartPosition.after(ids.get(7));
            case AFTER_UNKNOWN -> StartPosition.after("leads-nowhere");
        };
    }

    /** The index of the first event that the start requests. */
    private static int firstAskedFor(Kind kind, Start start) {
        if (kind == Kind.PRESENCE) {
            return EVENTS;
        }
        boolean isReplay = start == Start.REPLAY_ALL || start == Start.REPLAY_KEYS;
        if (kind == Kind.PLAIN_EVICTED && isReplay) {
            return EVENTS - SMALL_RING; // a replay requests kept events
        }
        return switch (start) {
            case LIVE, AFTER_LAST -> EVENTS;
            case REPLAY_ONE -> kind.conflates ? 0 : EVENTS - 1;
            case REPLAY_KEYS -> kind.conflates ? 0 : EVENTS - KEYS;
            case AFTER_FIRST -> 1;
            case AFTER_CHOSEN -> 8;
            default -> 0;
        };
    }

    @ParameterizedTest
    @MethodSource("all")
    void aClientGetsAllThatItAskedForOrAGap(Kind kind, Start start) {
        try (HubFixture bench = bench(kind)) {
            List<String> ids = publishAll(bench, kind);
            FakeSink sink = bench.open(start(start, bench, ids), kind.terms());
            int from = firstAskedFor(kind, start);
            if (kind == Kind.DURABLE) {
                receiveAll(bench, sink, EVENTS - from);
            }
            bench.publish(
                    kind.topic(), Event.builder().key("k0").data("k0:" + EVENTS).build());
            bench.run();
            if (kind == Kind.DURABLE) {
                receiveAll(bench, sink, EVENTS - from + 1);
            }
            List<String> got =
                    sink.data().stream().filter(data -> data.startsWith("k")).toList();
            assertOrder(got);
            boolean hasGap = !sink.gaps().isEmpty();
            Map<String, Integer> latest = new LinkedHashMap<>();
            for (int i = from; i < EVENTS; i++) {
                latest.put(key(i), i);
            }
            boolean hasAll =
                    latest.entrySet().stream().allMatch(each -> got.contains(each.getKey() + ":" + each.getValue()));
            assertThat(hasAll || hasGap).as("%s, gap %s", got, sink.gaps()).isTrue();
            assertThat(got).as("live events follow").endsWith("k0:" + EVENTS).doesNotHaveDuplicates();
            if (kind.conflates && start.asksForTheState()) {
                assertThat(got.subList(0, got.size() - 1))
                        .as("only the latest of each key")
                        .allSatisfy(data -> assertThat(data).isEqualTo(latestOf(data, latest)));
            }
            assertGapIsCorrect(kind, start, hasGap, hasAll);
        }
    }

    private static String latestOf(String data, Map<String, Integer> latest) {
        String key = data.substring(0, data.indexOf(':'));
        return key + ":" + latest.get(key);
    }

    /** A gap is sent exactly when events were lost, or when the hub cannot know what the client has. */
    private static void assertGapIsCorrect(Kind kind, Start start, boolean hasGap, boolean hasAll) {
        boolean losesKeys = kind == Kind.CONFLATING_WITH_LOST_KEYS;
        boolean expected = switch (start) {
            case LIVE, AFTER_LAST -> false;
            case REPLAY_ONE, REPLAY_KEYS, REPLAY_ALL -> losesKeys;
            case AFTER_UNKNOWN -> kind != Kind.PRESENCE;
            default -> losesKeys || kind == Kind.PLAIN_EVICTED;
        };
        assertThat(hasGap).as("a gap").isEqualTo(expected);
        if (!expected) {
            assertThat(hasAll).isTrue();
        }
    }

    private static void assertOrder(List<String> got) {
        Map<String, Integer> last = new HashMap<>();
        int previous = -1;
        for (String data : got) {
            int number = Integer.parseInt(data.substring(data.indexOf(':') + 1));
            assertThat(number).as("in the order of publication: %s", got).isGreaterThan(previous);
            Integer older = last.put(data.substring(0, data.indexOf(':')), number);
            assertThat(older == null || older < number).isTrue();
            previous = number;
        }
    }

    private static void receiveAll(HubFixture bench, FakeSink sink, int events) {
        org.awaitility.Awaitility.await()
                .pollInSameThread()
                .pollInterval(Duration.ofMillis(1))
                .until(() -> {
                    bench.run();
                    return sink.data().stream()
                                    .filter(data -> data.startsWith("k"))
                                    .count()
                            >= events;
                });
    }

    @Test
    void withAStateOnlyTheLastEventsOfOtherTopicsAreReplayed() {
        try (HubFixture bench = bench(Kind.CONFLATING_NEXT_TO_PLAIN)) {
            publishAll(bench, Kind.CONFLATING_NEXT_TO_PLAIN);
            FakeSink sink = bench.open(StartPosition.replay(2), Kind.CONFLATING_NEXT_TO_PLAIN.terms());
            assertThat(sink.data()).filteredOn(data -> data.startsWith("chat")).containsExactly("chat:240", "chat:270");
            assertThat(sink.data()).filteredOn(data -> data.startsWith("k")).hasSize(KEYS);
            assertThat(sink.gaps()).isEmpty();
        }
    }

    /** While the client reads the state frame by frame, events are published to the topic. */
    @Test
    void aStateThatChangesWhileItIsReadIsCorrectAtTheEnd() {
        try (HubFixture bench = bench(Kind.CONFLATING_EVICTED)) {
            Map<String, String> state = new HashMap<>();
            for (int i = 0; i < 2000; i++) {
                publish(bench, state, "k" + i, i);
            }
            FakeSink sink = bench.sink();
            bench.open(sink, StartPosition.replay(1), null, "state/t");
            bench.onLane(() -> sink.stall(1));
            bench.run();
            for (int i = 2000; i < 2500; i++) {
                publish(bench, state, "k" + i % 1000 * 2, i);
                if (i % 10 == 0) {
                    bench.onLane(() -> sink.readFrames(1));
                    bench.run();
                }
            }
            bench.onLane(sink::read);
            bench.run();
            assertThat(sink.gaps()).isEmpty();
            assertThat(sink.endReason()).isNull();
            Map<String, String> got = new HashMap<>();
            for (String data : sink.data()) {
                got.put(data.substring(0, data.indexOf(':')), data);
            }
            assertThat(got).isEqualTo(state);
            assertOrder(sink.data());
        }
    }

    private static void publish(HubFixture bench, Map<String, String> state, String key, int number) {
        String data = key + ":" + number;
        bench.publish("state/t", Event.builder().key(key).data(data).build());
        state.put(key, data);
    }

    /** The loss of a topic that was removed to stay within the bytes of the hub is reported to a later client. */
    @Test
    void aStateLostWithItsTopicIsAGapForANewClient() {
        try (HubFixture bench = new HubFixture(
                options -> options.conflate("state/**").historyTotalBytes(2_000).overflow(OverflowPolicy.GAP))) {
            bench.publish("state/t", Event.builder().key("a").data("a:1").build());
            bench.publish("big", "x".repeat(1_900));
            assertThat(bench.hub.topics(null, 9)).hasSize(1);
            FakeSink byPattern = bench.open(StartPosition.replay(9), "state/*");
            FakeSink byName = bench.open(StartPosition.replay(9), "state/t");
            assertThat(byPattern.gaps()).hasSize(1);
            assertThat(byName.gaps()).hasSize(1);
            assertThat(bench.open(StartPosition.replay(9), "state/other").gaps())
                    .isEmpty();
            byName.close(CloseReason.CLIENT_LEFT);
        }
    }

    private static void loseState(HubFixture bench, String topic) {
        bench.publish(topic, Event.builder().key("a").data("a:1").build());
        bench.publish("big", "x".repeat(1_900));
    }

    /** A topic whose loss was reported is created again, and then removed on purpose. Nothing is lost any more. */
    @Test
    void aStateRemovedOnPurposeIsNoGapAlthoughThePatternHasSubscribers() {
        try (HubFixture bench = new HubFixture(
                options -> options.conflate("state/**").historyTotalBytes(2_000).overflow(OverflowPolicy.GAP))) {
            bench.live("state/*");
            loseState(bench, "state/t");
            assertThat(bench.open(StartPosition.replay(9), "state/*").gaps()).hasSize(1);
            bench.publish("state/t", Event.builder().key("b").data("b:1").build());
            assertThat(bench.open(StartPosition.replay(9), "state/*").gaps()).hasSize(1);
            bench.hub.remove("state/t");
            bench.run();
            assertThat(bench.open(StartPosition.replay(9), "state/*").gaps()).isEmpty();
        }
    }

    /** Only the last 4,096 removed topics are known by name. */
    @Test
    void theLossOfAStateIsRememberedWhenManyOtherTopicsWereRemoved() {
        try (HubFixture bench = new HubFixture(options -> options.conflate("state/**")
                .historyTotalBytes(2_000)
                .historyEvents(1)
                .overflow(OverflowPolicy.GAP))) {
            loseState(bench, "state/t");
            for (int i = 0; i < 5_000; i++) {
                bench.publish("other/" + i, "1");
            }
            FakeSink byName = bench.open(StartPosition.replay(9), "state/t");
            assertThat(byName.gaps()).hasSize(1);
            assertThat(bench.open(StartPosition.replay(9), "state/*").gaps()).hasSize(1);
            assertThat(bench.open(StartPosition.replay(9), "state/other").gaps())
                    .isEmpty();
        }
    }
}
