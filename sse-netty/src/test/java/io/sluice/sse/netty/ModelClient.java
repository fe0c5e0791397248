package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Gap;
import io.sluice.sse.netty.PublishedEvents.Entry;
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
 * A client that connects, reads, stalls and leaves on command, and checks everything that it reads against the
 * published events. It resumes with its Last-Event-ID as a browser does. Confined to one thread.
 */
final class ModelClient {

    private static final String[][] SELECTORS = {
        {"a/1"}, {"a/1", "b/1"}, {"a/*"}, {"a/*", "a/1"}, {"**"}, {"c", "b/*"}, {"*/1", "c"}
    };

    private final int number;
    private final PublishedEvents published;
    private final OverflowPolicy policy;
    private final String[] terms;
    private final Selector selector;

    private RawClient connection;
    private SinkRecorder ends;
    private int checked; // events of this connection
    private boolean halfSent;
    private boolean broken;
    private boolean stalled;
    private boolean replays;
    private String headAtConnect;

    private String lastId;
    /** The client has read all its events up to this position, or got a gap for them; null before the first id. */
    private String has;
    /** Evicted events up to this position may be missing: after a gap, or if the client asked for kept events only. */
    private String excusedUpTo = "";

    ModelClient(int number, PublishedEvents published, OverflowPolicy policy) {
        this.number = number;
        this.published = published;
        this.policy = policy;
        this.terms = SELECTORS[number % SELECTORS.length];
        this.selector = Selector.of(terms);
    }

    // ---- actions

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
        checked = 0;
        broken = false;
        excusedUpTo = "";
        headAtConnect = published.head();
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
        String accept = "Accept-Encoding: " + (random.nextInt(3) > 0 ? "gzip" : "identity");
        if (lastId == null) {
            has = null;
            connection.get(path.toString(), accept);
        } else {
            has = has == null ? lastId : has;
            connection.get(path.toString(), accept, "Last-Event-ID: " + lastId);
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

    /** Leaves without checking the last bytes, since a reset may lose them. */
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

    /** Sends a FIN and reads to the end of the stream. */
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
        check();
    }

    boolean hasEndedOrderly() {
        return connection.stream().hasEnded();
    }

    void disconnect() throws IOException {
        connection.close();
        connection = null;
    }

    /** A client of a completed stream asks again and gets 204. */
    void assertIsCompleted(int port) throws IOException {
        assertThat(lastId).startsWith(CloseReason.END_ID_PREFIX);
        try (RawClient again = RawClient.connect(port).get("/events/c", "Last-Event-ID: " + lastId)) {
            assertThat(again.awaitHead().stream().status()).isEqualTo(204);
        }
        lastId = null;
    }

    /** Reads until it has everything, as long as bytes arrive. Returns false if the server ended the stream before. */
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
        check();
    }

    boolean hasAll() {
        return has != null
                && !connection.stream().ids.isEmpty()
                && published.wanted(selector, has, published.head()).isEmpty();
    }

    private String newestWanted() {
        List<Entry> left = published.wanted(selector, has == null ? "" : has, published.head());
        return left.isEmpty() ? "its first block" : left.get(left.size() - 1).position();
    }

    // ---- checks of what it reads

    private void check() {
        RawStream stream = connection.stream();
        if (!stream.hasHead()) {
            return;
        }
        assertThat(stream.status()).as("client %s", number).isEqualTo(200);
        if (has == null && !stream.ids.isEmpty()) {
            has = stream.ids.get(0);
            if (replays) {
                // A client that asks for kept events does not miss events that were evicted before the server handled
                // the request. One topic may keep older events than another.
                excusedUpTo = Objects.requireNonNull(
                        ends.headAtOpen(connection.localPort()), () -> this + " reads, but its sink was never opened");
            } else {
                assertThat(has).as("where client %s begins", number).isGreaterThanOrEqualTo(headAtConnect);
            }
        }
        for (; checked < stream.events.size(); checked++) {
            ReceivedEvent event = stream.events.get(checked);
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
        String reached = lastId.startsWith(CloseReason.END_ID_PREFIX) ? null : published.positionOf(lastId);
        if (reached != null && reached.compareTo(has) > 0) {
            assertNothingMissed(reached); // a client that resumes with this id does not get earlier events
            has = reached;
        }
    }

    private void onEvent(ReceivedEvent event) {
        Entry entry = published.byData(event.data());
        assertThat(wants(entry.topic()))
                .as("client %s %s got an event of %s", number, List.of(terms), entry.topic())
                .isTrue();
        assertThat(entry.position())
                .as("client %s got %s again or out of order", number, entry)
                .isGreaterThan(has);
        assertNothingMissedBefore(entry.position());
        has = entry.position();
    }

    private void onGap(ReceivedEvent event) {
        if (!event.data().contains("\"unknown\"")) { // an evicted publisher id, whose position is unknown
            assertThat(published.wanted(selector, has, published.head()).stream()
                            .anyMatch(published::isEvicted))
                    .as("client %s has up to %s, has missed nothing, and got %s", number, has, event)
                    .isTrue();
        }
        excusedUpTo = published.head();
        if (policy != OverflowPolicy.LATEST && event.lastEventId().compareTo(has) > 0) {
            assertNothingMissed(event.lastEventId());
        }
        has = event.lastEventId();
    }

    private void assertNothingMissedBefore(String position) {
        for (Entry missed : published.wanted(selector, has, position)) {
            if (!missed.position().equals(position)) {
                assertExcused(missed);
            }
        }
    }

    private void assertNothingMissed(String upTo) {
        published.wanted(selector, has, upTo).forEach(this::assertExcused);
    }

    private void assertExcused(Entry missed) {
        assertThat(published.isEvicted(missed) && missed.position().compareTo(excusedUpTo) <= 0)
                .as("client %s %s has up to %s and missed %s without a gap", number, List.of(terms), has, missed)
                .isTrue();
    }

    /** Only a client that has missed an event may be disconnected as a slow consumer. */
    void assertMayHaveBeenDisconnected(CloseReason reason) {
        assertThat(EnumSet.of(CloseReason.SLOW_CONSUMER))
                .as("client %s", number)
                .contains(reason);
        assertThat(policy).isEqualTo(OverflowPolicy.DISCONNECT);
        assertThat(published.wanted(selector, has == null ? headAtConnect : has, published.head()).stream()
                        .anyMatch(published::isEvicted))
                .as("client %s was disconnected and had missed nothing", number)
                .isTrue();
    }

    static Set<CloseReason> reasonsToLeave(boolean reset, Transport transport) {
        // The kernel reports an RST once, and a close with unread bytes is an RST.
        return reset && transport != Transport.IO_URING
                ? EnumSet.of(CloseReason.RESET)
                : EnumSet.of(CloseReason.RESET, CloseReason.CLIENT_LEFT);
    }

    @Override
    public String toString() {
        return "client " + number;
    }
}
