package io.sluice.sse.backplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.CloseReason;
import io.sluice.sse.ClosedException;
import io.sluice.sse.Event;
import io.sluice.sse.Identity;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.test.RecordingSink;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Published;
import io.sluice.sse.topic.Recipients;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.topic.TopicEndedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What every way to order events promises, seen through two nodes of one hub. A hub without a backplane passes too:
 * both nodes are the same hub then.
 */
public abstract class BackplaneContract {

    private final List<AutoCloseable> toClose = new ArrayList<>();

    /** A node of the hub of this test. It is closed after the test. */
    protected abstract Hub newNode(Consumer<HubBuilder> options);

    private Hub a;
    private Hub b;

    private void start() {
        start(options -> {});
    }

    private void start(Consumer<HubBuilder> options) {
        a = node(options);
        b = node(options);
    }

    protected final Hub node(Consumer<HubBuilder> options) {
        Hub hub = newNode(options);
        toClose.add(0, hub);
        return hub;
    }

    protected final RecordingSink client(Hub hub, StartPosition start, String... topics) {
        return client(hub, Identity.UNKNOWN, start, topics);
    }

    protected final RecordingSink client(Hub hub, Identity identity, StartPosition start, String... topics) {
        RecordingSink sink = RecordingSink.subscribe(hub, Selector.of(topics), start);
        sink.identity(identity); // asked for each event
        toClose.add(0, sink);
        return sink;
    }

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable each : toClose) {
            each.close();
        }
    }

    protected static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    protected static void awaitData(RecordingSink sink, String... data) {
        sink.await(() -> sink.data().size() >= data.length);
        assertThat(sink.data()).containsExactly(data);
        assertThat(sink.gaps()).isEmpty();
    }

    /** Publishes a last event, so that a client which has got it has got everything before. */
    private static void mark(Hub hub, String topic) throws Exception {
        get(hub.publish(topic, Event.of("mark")));
    }

    private static List<String> dataBeforeMark(RecordingSink sink) {
        sink.await(() -> sink.data().contains("mark"));
        return sink.data().subList(0, sink.data().indexOf("mark"));
    }

    // ---- order and ids

    @Test
    void anEventIsDeliveredOnEveryNodeWithTheSameId() throws Exception {
        start();
        RecordingSink atA = client(a, StartPosition.live(), "t");
        RecordingSink atB = client(b, StartPosition.live(), "t");
        Published published = get(a.publish("t", Event.of("one")));
        awaitData(atA, "one");
        awaitData(atB, "one");
        assertThat(atA.lastEventId()).isEqualTo(published.id());
        assertThat(atB.lastEventId()).isEqualTo(published.id());
    }

    @Test
    void whenThePublicationCompletesThisHubHasTheEvent() throws Exception {
        start();
        String id = get(a.publish("t", Event.of("one"))).id();
        assertThat(a.headId()).isEqualTo(id);
        assertThat(a.stats().published()).isGreaterThanOrEqualTo(1);
        awaitData(client(a, StartPosition.replay(1), "t"), "one");
    }

    @Test
    void everyFieldOfAnEventReachesEveryNode() throws Exception {
        start();
        RecordingSink atB = client(b, StartPosition.live(), "a", "b");
        Event event = Event.builder()
                .name("name")
                .data("two\nlines, ünïcode 🎈, and \"quotes\"")
                .retry(Duration.ofSeconds(7))
                .comment("a comment")
                .build();
        get(a.publish(List.of("a", "b"), event));
        awaitData(atB, "two\nlines, ünïcode 🎈, and \"quotes\"");
        ReceivedEvent received = atB.events().get(0);
        assertThat(received.type()).isEqualTo("name");
        assertThat(atB.retries()).contains(7000L);
        assertThat(atB.comments()).containsExactly("a comment");
        get(a.publish("a", Event.of("")));
        atB.await(() -> atB.data().size() == 2);
        assertThat(atB.data().get(1)).isEmpty();
    }

    @Test
    void allNodesHaveOneOrder() throws Exception {
        start();
        RecordingSink atA = client(a, StartPosition.live(), "t");
        RecordingSink atB = client(b, StartPosition.live(), "t");
        List<CompletionStage<Published>> all = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            all.add((i % 3 == 0 ? b : a).publish("t", Event.of("e" + i)));
        }
        List<String> ids = new ArrayList<>();
        for (CompletionStage<Published> each : all) {
            ids.add(get(each).id());
        }
        atA.await(() -> atA.data().size() == 200);
        atB.await(() -> atB.data().size() == 200);
        assertThat(atA.data()).isEqualTo(atB.data()).doesNotHaveDuplicates();
        List<String> inOrder = atA.events().stream().map(ReceivedEvent::lastEventId).toList();
        assertThat(inOrder).isSorted().containsExactlyInAnyOrderElementsOf(ids);
        assertThat(atA.gaps()).isEmpty();
        // Those of one node keep the order in which it published them.
        List<String> ofB = atA.data().stream()
                .filter(data -> Integer.parseInt(data.substring(1)) % 3 == 0)
                .toList();
        assertThat(ofB)
                .isEqualTo(IntStream.range(0, 200)
                        .filter(i -> i % 3 == 0)
                        .mapToObj(i -> "e" + i)
                        .toList());
    }

    @Test
    void aClientResumesOnTheOtherNodeWithoutLossOrRepetition() throws Exception {
        start();
        RecordingSink atA = client(a, StartPosition.live(), "t");
        get(a.publish("t", Event.of("1")));
        awaitData(atA, "1");
        String last = atA.lastEventId();
        get(b.publish("t", Event.of("2")));
        get(a.publish("other", Event.of("-")));
        get(b.publish("t", Event.of("3")));
        awaitData(client(b, StartPosition.after(last), "t"), "2", "3");
    }

    @Test
    void aClientThatMovesAtOnceMissesNothingAndGetsNothingTwice() throws Exception {
        start();
        for (int i = 0; i < 10; i++) {
            String last = get(a.publish("t", Event.of("before" + i))).id();
            RecordingSink moved = client(b, StartPosition.after(last), "t"); // b may not have read the event yet
            get(a.publish("t", Event.of("after" + i)));
            awaitData(moved, "after" + i);
            moved.close();
        }
    }

    @Test
    void aBatchIsDeliveredNextToEachOther() throws Exception {
        start();
        RecordingSink atB = client(b, StartPosition.live(), "t");
        List<Publication> batch = IntStream.range(0, 50)
                .mapToObj(i -> new Publication("t", Event.of("batch" + i)))
                .toList();
        CompletionStage<List<Published>> sent = a.publishAll(batch);
        for (int i = 0; i < 20; i++) {
            b.publish("t", Event.of("single"));
        }
        assertThat(get(sent)).hasSize(50);
        mark(b, "t");
        List<String> data = dataBeforeMark(atB);
        int first = data.indexOf("batch0");
        assertThat(data.subList(first, first + 50))
                .isEqualTo(IntStream.range(0, 50).mapToObj(i -> "batch" + i).toList());
        assertThat(get(a.publishAll(List.of()))).isEmpty();
    }

    // ---- recipients, keys, ids, ends

    @Test
    void recipientsAreTheSameOnEveryNode() throws Exception {
        start();
        RecordingSink ann = client(b, Identity.of("ann", "admins"), StartPosition.live(), "t");
        RecordingSink bob = client(b, Identity.of("bob"), StartPosition.live(), "t");
        get(a.publish(new Publication("t", Event.of("ann")).to(Recipients.principal("ann"))));
        get(a.publish(new Publication("t", Event.of("admins")).to(Recipients.group("admins"))));
        mark(a, "t");
        assertThat(dataBeforeMark(ann)).containsExactly("ann", "admins");
        assertThat(dataBeforeMark(bob)).isEmpty();
    }

    @Test
    void aChosenIdIsPublishedOnceOverAllNodes() throws Exception {
        start();
        RecordingSink atB = client(b, StartPosition.live(), "t");
        Event event = Event.builder().id("order-1").data("first").build();
        assertThat(get(a.publish("t", event))).isEqualTo(new Published("order-1", "t", false));
        mark(b, "other");
        assertThat(get(b.publish("u", event))).isEqualTo(new Published("order-1", "t", true));
        List<Published> batch = get(b.publishAll(List.of(
                new Publication("t", Event.of("second")),
                new Publication("t", event),
                new Publication("t", Event.of("third")))));
        assertThat(batch.stream().map(Published::duplicate)).containsExactly(false, true, false);
        mark(a, "t");
        assertThat(dataBeforeMark(atB)).containsExactly("first", "second", "third");
        assertThat(atB.events().get(0).lastEventId()).isEqualTo("order-1");
        RecordingSink resumed = client(b, StartPosition.after("order-1"), "t");
        awaitData(resumed, "second", "third", "mark");
    }

    @Test
    void anIdThatIsChosenTwiceInABatchIsPublishedOnce() throws Exception {
        start();
        RecordingSink atB = client(b, StartPosition.live(), "t");
        Event event = Event.builder().id("twice").data("once").build();
        List<Published> batch = get(a.publishAll(List.of(new Publication("t", event), new Publication("t", event))));
        assertThat(batch.stream().map(Published::duplicate)).containsExactly(false, true);
        mark(a, "t");
        assertThat(dataBeforeMark(atB)).containsExactly("once");
    }

    @Test
    void aChosenIdOfARefusedEventIsFreeAgain() throws Exception {
        start();
        RecordingSink atB = client(b, StartPosition.live(), "u");
        get(a.end("t", Event.of("last")));
        Event event = Event.builder().id("order-2").data("chosen").build();
        assertThatThrownBy(() -> get(a.publish("t", event))).hasCauseInstanceOf(TopicEndedException.class);
        assertThat(get(a.publish("u", event))).isEqualTo(new Published("order-2", "u", false));
        assertThat(get(a.publish("u", event))).isEqualTo(new Published("order-2", "u", true));
        mark(b, "u");
        assertThat(dataBeforeMark(atB)).containsExactly("chosen");
    }

    @Test
    void keysConflateOnEveryNode() throws Exception {
        start(options -> options.conflate("prices/*").historyEvents(1));
        get(a.publish("prices/x", Event.builder().key("eur").data("1").build()));
        get(b.publish("prices/x", Event.builder().key("usd").data("2").build()));
        get(a.publish("prices/x", Event.builder().key("eur").data("3").build()));
        get(b.publish("prices/x", Event.builder().key("gbp").data("4").build()));
        get(a.publish("prices/x", Event.builder().key("usd").build()));
        for (Hub hub : List.of(a, b)) {
            get(hub.publish("sync", Event.of("read everything before")));
            awaitData(client(hub, StartPosition.replay(10), "prices/x"), "3", "4");
        }
    }

    @Test
    void theEndOfATopicIsTheEndOnEveryNode() throws Exception {
        start();
        RecordingSink atB = client(b, StartPosition.live(), "t");
        get(a.publish("t", Event.of("one")));
        get(a.end("t", Event.of("last")));
        atB.await(() -> atB.endReason() != null);
        assertThat(atB.endReason()).isEqualTo(CloseReason.TOPIC_ENDED);
        assertThat(atB.data()).startsWith("one", "last");
        assertThatThrownBy(() -> get(b.publish("t", Event.of("late")))).hasCauseInstanceOf(TopicEndedException.class);
        assertThatThrownBy(() -> get(b.publishAll(List.of(
                        new Publication("u", Event.of("with it")), new Publication("t", Event.of("late"))))))
                .hasCauseInstanceOf(TopicEndedException.class);
        RecordingSink other = client(a, StartPosition.replay(10), "u");
        mark(a, "u");
        assertThat(dataBeforeMark(other)).isEmpty();
    }

    @Test
    void aRemovedTopicIsRemovedOnEveryNode() throws Exception {
        start();
        get(a.publish("t", Event.of("one")));
        assertThat(get(b.remove("t"))).isTrue();
        get(a.publish("u", Event.of("read everything before")));
        assertThat(a.topics(null, 10)).extracting("name").containsExactly("u");
        assertThat(get(a.remove("t"))).isFalse();
    }

    @Test
    void aRevokedPrincipalIsRevokedOnEveryNode() throws Exception {
        start();
        RecordingSink atB = client(b, Identity.of("ann"), StartPosition.live(), "t");
        RecordingSink bob = client(b, Identity.of("bob"), StartPosition.live(), "t");
        CompletionStage<Integer> revoked = a.revoke("ann");
        atB.await(() -> {
            bob.run(); // each client has a lane of its own, and the search visits all
            return atB.endReason() != null && revoked.toCompletableFuture().isDone();
        });
        assertThat(atB.endReason()).isEqualTo(CloseReason.REVOKED);
        assertThat(bob.endReason()).isNull();
    }

    // ---- failures

    @Test
    void whatCannotBePublishedIsRejectedAtOnce() {
        start();
        assertThatThrownBy(() -> a.publish("t", Event.comment("no data"))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() ->
                        a.publish("t", Event.builder().id(a.headId()).data("x").build()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aClosedHubPublishesNothing() {
        start();
        a.close();
        assertThatThrownBy(() -> get(a.publish("t", Event.of("late"))))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(ClosedException.class);
    }
}
