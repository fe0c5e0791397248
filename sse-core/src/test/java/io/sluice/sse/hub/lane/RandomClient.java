package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.CloseReason;
import io.sluice.sse.hub.HubTestAccess;
import io.sluice.sse.test.ManualLane;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.util.List;

/** A client of a random run: it stalls, reads, leaves and reconnects, and checks what it reads against the model. */
final class RandomClient implements FakeSink.StreamListener {

    private static final String[][] SELECTORS = {
        {"a/1"},
        {"a/1", "b/1"},
        {"a/*"},
        {"a/*", "a/1"},
        {"**"},
        {"c", "b/*"},
        {"*/1", "a/**"},
        {"a/1", "a/2", "b/1", "c"}
    };

    final RandomLife life;
    final int number;
    final String[] terms;
    final Selector selector;
    final OverflowPolicy own;
    FakeSink sink;
    String lastId;
    /** Every event of the selector up to here was read, or was missed and reported by a gap. */
    long has;
    /** For a client that started with a replay: the last events that it requested are after this position. */
    private long newsFrom;
    /** For such a client: of the events up to here, it requested the latest event of each key. */
    private long stateUpTo;
    /** Whether it has received nothing since it requested a replay. */
    private boolean starting;

    /** A gap was read and no event since. */
    boolean gap;

    long gapWrittenAt;
    long writtenAt;
    long mayMissUpTo;

    RandomClient(RandomLife life, int number) {
        this.life = life;
        this.number = number;
        this.terms = SELECTORS[life.random.nextInt(SELECTORS.length)];
        this.own = life.random.nextInt(4) == 0 ? life.anyPolicy() : null;
        this.selector = own == null ? Selector.of(terms) : Selector.of(terms).withOverflow(own);
    }

    boolean wants(String topic) {
        return selector.topics().contains(topic)
                || selector.patterns().stream().anyMatch(pattern -> pattern.matches(topic));
    }

    void connect() {
        if (sink != null && sink.endReason() == null) {
            return;
        }
        noteSlowConsumer();
        HubFixture bench = life.bench;
        sink = new FakeSink(bench.hubLanes.get(life.random.nextInt(bench.hubLanes.size())), null);
        sink.listener = this;
        sink.moment = () -> life.step;
        StartPosition start;
        newsFrom = 0;
        stateUpTo = 0;
        starting = false;
        if (lastId != null) {
            start = StartPosition.after(lastId);
        } else if (life.random.nextInt(3) == 0) {
            int replay = 1 + life.random.nextInt(20);
            start = StartPosition.replay(replay);
            newsFrom = beforeLastKept(replay);
            has = Math.min(newsFrom, beforeState());
            stateUpTo = HubTestAccess.log(bench.hub).head();
            starting = true;
            gap = true; // events evicted before were not requested
            gapWrittenAt = life.step;
            mayMissUpTo = life.published.size();
        } else {
            start = StartPosition.live();
            has = HubTestAccess.log(bench.hub).head();
        }
        bench.open(sink, start, selector);
    }

    private long beforeLastKept(int replay) {
        return HubTestAccess.log(life.bench.hub).locked(() -> {
            HubTestAccess.log(life.bench.hub).topicsForReading();
            life.noteEvictions();
            int left = replay;
            long first = HubTestAccess.log(life.bench.hub).head() + 1;
            for (int i = life.published.size() - 1; i >= 0 && left > 0; i--) {
                RandomLife.PublishedEvent event = life.published.get(i);
                if (wants(event.topic) && !event.isEvicted() && !life.conflates(event.topic)) {
                    left--;
                    first = i + 1;
                }
            }
            return first - 1;
        });
    }

    /** The position before the oldest event that topics that conflate keep. */
    private long beforeState() {
        for (int i = 0; i < life.published.size(); i++) {
            RandomLife.PublishedEvent event = life.published.get(i);
            if (wants(event.topic) && !event.isEvicted() && life.conflates(event.topic)) {
                return i;
            }
        }
        return life.published.size();
    }

    void stall() {
        if (sink != null) {
            onLane(() -> sink.stall(1 + life.random.nextInt(3000)));
        }
    }

    void readSome() {
        if (sink != null) {
            if (life.random.nextBoolean()) {
                onLane(() -> sink.read());
            } else {
                onLane(() -> sink.readFrames(1 + life.random.nextInt(3)));
            }
        }
    }

    void cut() {
        if (sink != null && sink.endReason() == null) {
            onLane(() -> sink.close(CloseReason.RESET));
        }
    }

    void comeBackAndRead() {
        connect();
        onLane(() -> sink.read());
    }

    private void onLane(Runnable work) {
        ((ManualLane) sink.hubLane().lane()).run(work);
    }

    /** Only a client that has missed an event may be disconnected. */
    private void noteSlowConsumer() {
        if (sink != null && sink.endReason() == CloseReason.SLOW_CONSUMER) {
            assertThat(mayApply(OverflowPolicy.DISCONNECT))
                    .as("client %s was disconnected, against its policy", number)
                    .isTrue();
            assertThat(anyMissed(has))
                    .as("client %s was disconnected and had missed nothing", number)
                    .isTrue();
        }
    }

    private boolean mayApply(OverflowPolicy policy) {
        return own != null
                ? own == policy
                : life.policies.entrySet().stream().anyMatch(each -> each.getValue() == policy && wants(each.getKey()));
    }

    private boolean anyMissed(long behind) {
        for (int i = (int) behind; i < life.published.size(); i++) {
            if (wants(life.published.get(i).topic) && life.published.get(i).isMissed()) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void writtenAt(long moment) {
        writtenAt = moment;
    }

    @Override
    public void onId(String id) {
        lastId = id;
    }

    /** A failure thrown here would only end the sink, like that of a transport, so the run also records it. */
    @Override
    public void onEvent(ReceivedEvent event) {
        try {
            check(event);
        } catch (AssertionError e) {
            life.failures.add(e);
            throw e;
        }
    }

    private void check(ReceivedEvent event) {
        if (event.type().equals("gap")) {
            onGap(event);
            return;
        }
        long position = Long.parseLong(event.data().substring(0, event.data().indexOf(':')));
        RandomLife.PublishedEvent published = life.published.get((int) position - 1);
        assertThat(event.data()).isEqualTo(published.data);
        starting = false;
        assertThat(position > newsFrom || life.conflates(published.topic))
                .as("client %s got %s, before the last events that it asked for", number, position)
                .isTrue();
        assertThat(wants(published.topic))
                .as("client %s got %s", number, published.topic)
                .isTrue();
        assertThat(position).as("client %s got an event again", number).isGreaterThan(has);
        assertNothingMissed(position);
        has = position;
        if (position >= mayMissUpTo) {
            gap = false;
        }
    }

    private void onGap(ReceivedEvent event) {
        long resume = HubTestAccess.core(life.bench.hub).sequencer().positionOf(event.lastEventId());
        // If the reason is "unknown", the hub does not know what the client has seen.
        if (starting && !event.data().contains("\"lastEventId\":\"")) {
            assertThat(life.published.stream()
                            .anyMatch(each -> wants(each.topic) && life.conflates(each.topic) && each.isMissed()))
                    .as("client %s got a gap for lost state: %s", number, event)
                    .isTrue();
        } else if (!event.data().contains("\"unknown\"")) {
            life.noteEvictions();
            assertThat(anyMissed(has))
                    .as("client %s got a gap after %s and had missed nothing: %s", number, has, event)
                    .isTrue();
            assertNothingMissedButEvictedOrSkipped(resume);
        }
        has = resume;
        starting = false;
        gap = true;
        gapWrittenAt = writtenAt;
        mayMissUpTo = life.published.size();
    }

    private void assertNothingMissedButEvictedOrSkipped(long resume) {
        for (long p = has + 1; p <= resume; p++) {
            RandomLife.PublishedEvent event = life.published.get((int) p - 1);
            if (wants(event.topic) && isAskedFor(event, p) && !event.isEvicted()) {
                assertThat(mayApply(OverflowPolicy.LATEST))
                        .as("client %s skipped %s, against its policy", number, p)
                        .isTrue();
            }
        }
    }

    /** Whether the client's start includes the event: the state of topics that conflate, the news of others. */
    private boolean isAskedFor(RandomLife.PublishedEvent event, long position) {
        return life.conflates(event.topic) ? position > stateUpTo || event.newer == null : position > newsFrom;
    }

    /** Between {@code has} and {@code next} there was no event of its selector, except those reported by a gap. */
    private void assertNothingMissed(long next) {
        for (long p = has + 1; p < next; p++) {
            RandomLife.PublishedEvent event = life.published.get((int) p - 1);
            if (!wants(event.topic) || !isAskedFor(event, p)) {
                continue;
            }
            if (!event.isEvicted()) {
                life.noteEvictions();
            }
            if (event.isSuperseded()) {
                continue;
            }
            boolean reported = gap && event.isEvicted() && event.evictedAt <= gapWrittenAt;
            assertThat(reported)
                    .as(
                            "client %s %s missed %s of %s without a gap, evicted at %s, gap %s reported at %s, now %s",
                            number, List.of(terms), p, event.topic, event.evictedAt, gap, gapWrittenAt, life.step)
                    .isTrue();
        }
    }

    void assertHasAll() {
        assertThat(sink.endReason()).as("client %s", number).isNull();
        assertNothingMissed(life.published.size() + 1L);
    }
}
