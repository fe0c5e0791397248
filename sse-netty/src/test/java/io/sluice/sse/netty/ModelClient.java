package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Gap;
import io.sluice.sse.netty.PublishedEvents.Told;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.Selector;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;

/**
 * A client that comes, reads, stalls and goes as it is told, and judges each byte that it reads against what the hub
 * was told. It resumes by its Last-Event-ID as a browser does. Confined to one thread.
 */
final class ModelClient {

    private static final String[][] SELECTORS = {
        {"a/1"}, {"a/1", "b/1"}, {"a/*"}, {"a/*", "a/1"}, {"**"}, {"c", "b/*"}, {"*/1", "c"}
    };

    private final int number;
    private final PublishedEvents told;
    private final OverflowPolicy policy;
    private final String[] terms;
    private final Selector selector;

    private RawClient connection;
    private SinkRecorder ends;
    private int judged; // events of this connection
    private boolean halfSent;
    private boolean broken;
    private boolean stalled;
    private boolean replays;
    private String headAtConnect;

    private String lastId;
    /** Everything that is wanted up to here was read, or missed and said so; null before the first id. */
    private String has;
    /** A gap was read, or only what is kept was asked for; what is evicted up to here may be missing. */
    private String excusedUpTo = "";

    ModelClient(int number, PublishedEvents told, OverflowPolicy policy) {
        this.number = number;
        this.told = told;
        this.policy = policy;
        this.terms = SELECTORS[number % SELECTORS.length];
        this.selector = Selector.of(terms);
    }

    // ---- what it does

    int number() {
        return number;
    }

    boolean isConnected() {
        return connection != null;
    }

    boolean isStreaming() {
        return connection != null && !halfSent;
    }

    boolean isHalfSent() {
        return connection != null && halfSent;
    }

    boolean isStalled() {
        return isStreaming() && stalled;
    }

    boolean wants(String topic) {
        return PublishedEvents.wants(selector, topic);
    }

    int port() {
        return connection.localPort();
    }

    void connect(int port, SinkRecorder ends, Random random) throws IOException {
        begin(port, ends, random);
        sendRequest(random);
    }

    private void begin(int port, SinkRecorder sinkEnds, Random random) throws IOException {
        ends = sinkEnds;
        stalled = random.nextInt(4) == 0;
        connection = RawClient.connect(port, stalled || random.nextInt(6) == 0 ? 4096 : 0);
        ends.forget(connection.localPort());
        judged = 0;
        broken = false;
        excusedUpTo = "";
        headAtConnect = told.head();
    }

    private void sendRequest(Random random) throws IOException {
        int replay = random.nextInt(3) == 0 ? 1 + random.nextInt(30) : 0;
        replays = replay > 0;
        StringBuilder path = new StringBuilder("/events/");
        for (int i = 0; i < terms.length; i++) {
            path.append(i == 0 ? "?topic=" : "&topic=").append(terms[i]);
        }
        if (replays) {
            path.append("&replay=").append(replay);
        }
        halfSent = false;
        if (lastId == null) {
            has = null;
            connection.get(path.toString());
        } else {
            has = has == null ? lastId : has;
            connection.get(path.toString(), "Last-Event-ID: " + lastId);
        }
    }

    void sendHalf(int port, SinkRecorder ends, Random random) throws IOException {
        begin(port, ends, random);
        stalled = false;
        halfSent = true;
        String[] halves = {"", "G", "GET /eve", "GET /events/a HTTP/1.1\r\n", "GET /events/a HTTP/1.1\r\nHost: loc"};
        connection.send(halves[random.nextInt(halves.length)]);
    }

    void stall() {
        stalled = true;
    }

    void readSlowly() {
        read(Duration.ofMillis(1));
    }

    /** Leaves without looking at what came last, as its way of leaving may make it lose. */
    int leave(boolean reset) throws IOException {
        int port = connection.localPort();
        if (reset) {
            connection.reset();
        } else {
            connection.close();
        }
        connection = null;
        return port;
    }

    /** A FIN; reads to the end that the server owes for it. */
    int finish() throws IOException {
        connection.finish();
        readToTheEnd();
        return leave(false);
    }

    void readToTheEnd() throws IOException {
        stalled = false;
        assertThat(connection.awaitEnd(RawClient.PATIENCE))
                .as("client %s waits for the end of its stream", number)
                .isTrue();
        judge();
    }

    boolean hasEndedOrderly() {
        return connection.stream().hasEnded();
    }

    void gone() throws IOException {
        connection.close();
        connection = null;
    }

    /** Told to stay away, and asks again all the same. */
    void assertStaysAway(int port) throws IOException {
        assertThat(lastId).startsWith(CloseReason.END_ID_PREFIX);
        try (RawClient again = RawClient.connect(port).get("/events/c", "Last-Event-ID: " + lastId)) {
            assertThat(again.awaitHead().stream().status()).isEqualTo(204);
        }
        lastId = null;
    }

    /** Reads until it has everything, as long as something comes; false if the server has ended the stream before. */
    boolean catchUp() {
        stalled = false;
        long received = connection.received();
        long deadline = System.nanoTime() + RawClient.PATIENCE.toNanos();
        while (!hasAll()) {
            if (connection.received() > received) { // a small window on a busy machine is slow
                received = connection.received();
                deadline = System.nanoTime() + RawClient.PATIENCE.toNanos();
            }
            if (broken || connection.hasEnded()) {
                return false;
            }
            assertThat(System.nanoTime() - deadline)
                    .as("client %s %s has up to %s, and waits for %s", number, List.of(terms), has, newestWanted())
                    .isNegative();
            read(Duration.ofMillis(200));
        }
        return true;
    }

    private void read(Duration within) {
        try {
            connection.read(within);
        } catch (IOException e) {
            broken = true; // a reset ends a connection too
        }
        judge();
    }

    boolean hasAll() {
        return has != null
                && !connection.stream().ids.isEmpty()
                && told.wanted(selector, has, told.head()).isEmpty();
    }

    private String newestWanted() {
        List<Told> left = told.wanted(selector, has == null ? "" : has, told.head());
        return left.isEmpty() ? "its first block" : left.get(left.size() - 1).position();
    }

    // ---- what it reads

    private void judge() {
        RawStream stream = connection.stream();
        if (!stream.hasHead()) {
            return;
        }
        assertThat(stream.status()).as("client %s", number).isEqualTo(200);
        if (has == null && !stream.ids.isEmpty()) {
            has = stream.ids.get(0);
            if (replays) {
                // Who asks for what is kept misses nothing of what is not, when the server has come to the request: of
                // two topics one may reach back further.
                excusedUpTo = Objects.requireNonNull(
                        ends.headAtOpen(connection.localPort()), () -> this + " reads, and was never opened");
            } else {
                assertThat(has).as("where client %s begins", number).isGreaterThanOrEqualTo(headAtConnect);
            }
        }
        for (; judged < stream.events.size(); judged++) {
            ReceivedEvent event = stream.events.get(judged);
            switch (event.type()) {
                case Gap.EVENT_NAME -> onGap(event);
                case "end" -> assertThat(event.lastEventId()).startsWith(CloseReason.END_ID_PREFIX);
                default -> onEvent(event);
            }
        }
        if (stream.lastEventId().isEmpty()) {
            return;
        }
        lastId = stream.lastEventId();
        String said = lastId.startsWith(CloseReason.END_ID_PREFIX) ? null : told.positionOf(lastId);
        if (said != null && said.compareTo(has) > 0) {
            assertNothingMissed(said); // who comes back with this id will not hear of what lies before it
            has = said;
        }
    }

    private void onEvent(ReceivedEvent event) {
        Told published = told.byData(event.data());
        assertThat(wants(published.topic()))
                .as("client %s %s got one of %s", number, List.of(terms), published.topic())
                .isTrue();
        assertThat(published.position())
                .as("client %s got %s again or out of order", number, published)
                .isGreaterThan(has);
        assertNothingMissedBefore(published.position());
        has = published.position();
    }

    private void onGap(ReceivedEvent event) {
        if (!event.data().contains("\"unknown\"")) { // an evicted chosen id: nobody knows what the client has
            assertThat(told.wanted(selector, has, told.head()).stream().anyMatch(told::isEvicted))
                    .as("client %s has up to %s, has missed nothing, and was told %s", number, has, event)
                    .isTrue();
        }
        excusedUpTo = told.head();
        if (policy != OverflowPolicy.LATEST && event.lastEventId().compareTo(has) > 0) {
            assertNothingMissed(event.lastEventId());
        }
        has = event.lastEventId();
    }

    private void assertNothingMissedBefore(String position) {
        for (Told missed : told.wanted(selector, has, position)) {
            if (!missed.position().equals(position)) {
                assertExcused(missed);
            }
        }
    }

    private void assertNothingMissed(String upTo) {
        told.wanted(selector, has, upTo).forEach(this::assertExcused);
    }

    private void assertExcused(Told missed) {
        assertThat(told.isEvicted(missed) && missed.position().compareTo(excusedUpTo) <= 0)
                .as("client %s %s has up to %s and missed %s without a word", number, List.of(terms), has, missed)
                .isTrue();
    }

    /** Only somebody who has missed something is sent away for being slow. */
    void assertMayHaveBeenSentAway(CloseReason reason) {
        assertThat(EnumSet.of(CloseReason.SLOW_CONSUMER))
                .as("client %s", number)
                .contains(reason);
        assertThat(policy).isEqualTo(OverflowPolicy.DISCONNECT);
        assertThat(told.wanted(selector, has == null ? headAtConnect : has, told.head()).stream()
                        .anyMatch(told::isEvicted))
                .as("client %s was sent away and had missed nothing", number)
                .isTrue();
    }

    static Set<CloseReason> reasonsToLeave(boolean reset, Transport transport) {
        // A kernel tells of an RST once, and a close with unread bytes is an RST.
        return reset && transport != Transport.IO_URING
                ? EnumSet.of(CloseReason.RESET)
                : EnumSet.of(CloseReason.RESET, CloseReason.CLIENT_LEFT);
    }

    @Override
    public String toString() {
        return "client " + number;
    }
}
