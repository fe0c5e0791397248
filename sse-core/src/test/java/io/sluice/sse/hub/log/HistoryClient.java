package io.sluice.sse.hub.log;

import io.sluice.sse.CloseReason;
import io.sluice.sse.hub.lane.HubFixture;
import io.sluice.sse.hub.lane.PipeSink;
import io.sluice.sse.hub.log.HistoryModel.ModelEvent;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.wire.EventParser;
import java.time.Duration;
import java.util.List;

/**
 * A client that follows the standard: it parses the bytes that it reads, an id takes effect when its block is complete,
 * and the client reconnects with the last id. Over all its connections it must read every event, or a gap in its place.
 */
final class HistoryClient implements EventParser.Listener {

    private final RandomHistory history;
    final List<String> terms;
    final OverflowPolicy own;
    private final EventParser parser = new EventParser(this);

    PipeSink sink;
    private StreamJudge judge;
    private int lane;

    // What it has read on all its connections.

    /**
     * Every wanted event up to here was read, or was reported by a gap; -1 before the client knows any position.
     */
    private long has = -1;

    /** The number of evictions when the last gap was read; events evicted up to then may be missing. */
    private long excused;
    /** The client did not resume: the first block determines its position. */
    private boolean beginsAnew;

    /** The unread bytes of the blocks up to the one that contains its position. */
    private int leftOfBeginning;

    /** Whether that block is written. */
    private boolean beginningIsWritten;

    HistoryClient(RandomHistory history, List<String> terms, OverflowPolicy own) {
        this.history = history;
        this.terms = terms;
        this.own = own;
    }

    boolean isConnected() {
        return sink != null && sink.endReason() == null;
    }

    String lastId() {
        return parser.lastEventId();
    }

    // ---- actions

    /** Connects, and resumes after the last event that it read, if any. */
    void connect(int onLane) {
        String last = lastId();
        if (last.isEmpty()) {
            connectLive(onLane);
        } else {
            open(onLane, StartPosition.after(last), false);
        }
    }

    private void connectLive(int onLane) {
        open(onLane, StartPosition.live(), true);
    }

    /** Connects like a new client, or with an id from elsewhere. */
    void connectAnew(int onLane, int size) {
        HistoryModel model = history.model;
        StartPosition start = switch (size % 8) {
            case 0 -> StartPosition.live();
            case 1, 2 -> StartPosition.replay(1 + size / 8 % 8);
            case 3 -> since(history.time(size * 50_000L));
            case 4 -> since(ageOfSomeEvent(size / 8));
            case 5 -> StartPosition.after(model.id(model.head() + 1 + size / 8 % 5)); // above the head
            case 6 -> StartPosition.after(model.id(somewhere(size / 8))); // possibly evicted
            default -> StartPosition.after("nonsense " + size);
        };
        open(onLane, start, true);
    }

    private StartPosition since(long ago) {
        return StartPosition.since(history.wallTime.minusNanos(ago));
    }

    /** A position that was used or skipped; near the head or anywhere. */
    private long somewhere(int which) {
        long head = history.model.head();
        long anywhere = which % (head + 1);
        return which % 3 == 0 ? head - anywhere % 8 : anywhere;
    }

    /** How long ago some event was published, to the nanosecond. */
    private long ageOfSomeEvent(int which) {
        List<ModelEvent> all = history.model.all;
        return all.isEmpty() ? 0 : history.model.nowNanos - all.get(which % all.size()).nanos;
    }

    private void open(int onLane, StartPosition start, boolean anew) {
        HubFixture bench = history.bench;
        lane = onLane % bench.lanes.size();
        parser.reset();
        beginsAnew = anew;
        leftOfBeginning = 0;
        beginningIsWritten = false;
        StreamJudge newJudge = new StreamJudge(history.model, terms, own == null ? history.policy : own);
        if (start.lastEventId() != null) {
            newJudge.expectAfter(start.lastEventId());
        } else if (start.since() != null) {
            newJudge.expectSince(history.model.nowNanos
                    - Duration.between(start.since(), history.wallTime).toNanos());
        } else if (start.replay() > 0) {
            newJudge.expectReplay(start.replay());
        } else {
            newJudge.expectLive();
        }
        judge = newJudge;
        sink = new PipeSink(bench.hubLanes.get(lane), new PipeSink.Ends() {
            @Override
            public void written(byte[] block) {
                if (!beginningIsWritten) {
                    leftOfBeginning += block.length;
                }
                history.contained(HistoryClient.this, () -> newJudge.judge(block));
                beginningIsWritten = newJudge.hasBegun();
            }

            @Override
            public void taken(byte[] bytes, int offset, int length) {
                parser.feed(bytes, offset, length);
                if (leftOfBeginning > 0 && (leftOfBeginning -= length) == 0 && beginningIsWritten && beginsAnew) {
                    has = history.model.positionOf(lastId());
                    excused = history.model.evictions(); // otherwise more was kept than it requested
                }
            }

            @Override
            public void ended(CloseReason reason) {
                history.contained(HistoryClient.this, () -> newJudge.judgeEnd(reason));
            }
        });
        Selector all = Selector.of(terms);
        Selector selector = own == null ? all : all.withOverflow(own);
        onLane(() -> sink.open(selector, start, null));
        history.settle();
    }

    /** Reads some more bytes and disconnects: all other pending bytes are lost. */
    void cut(int bytes) {
        onLane(() -> {
            sink.readBytes(bytes);
            sink.close(CloseReason.CLIENT_LEFT);
        });
    }

    void onLane(Runnable work) {
        history.bench.lanes.get(lane).run(work);
    }

    /** More events are stored, and the reads that waited for them are done. */
    void judgeStored() {
        if (isConnected()) {
            judge.judgeStored();
        }
    }

    void ifConnected(Runnable work) {
        if (isConnected()) {
            onLane(work);
        }
    }

    void judgeAtRest() {
        if (isConnected() && sink.canWrite()) {
            judge.judgeAtRest();
        }
    }

    void judgeKnowsHead() {
        if (isConnected()) {
            judge.judgeKnowsHead(lastId());
        }
    }

    // ---- received events

    @Override
    public void onEvent(String type, String data, String lastEventId) {
        history.contained(this, () -> read(type, data, lastEventId));
    }

    private void read(String type, String data, String lastEventId) {
        if (type.equals("gap")) {
            has = history.model.positionOf(lastEventId);
            excused = history.model.evictions();
            return;
        }
        long position = Long.parseLong(data.substring(0, data.indexOf(':')));
        if (position <= has) {
            throw new AssertionError("read position " + position + " again, and has " + has);
        }
        assertHasAllBefore(position);
        has = position;
    }

    /** The client must have read everything. */
    void assertHasAll() {
        if (!isConnected()) {
            throw new AssertionError("the client was disconnected although it reads everything");
        }
        assertHasAllBefore(history.model.head() + 1);
    }

    private void assertHasAllBefore(long position) {
        for (ModelEvent each : history.model.wanted(terms, has)) {
            if (each.position < position && (each.isKept() || each.gone > excused)) {
                throw new AssertionError(
                        "never read position " + each.position + " of " + each.topic + ", and got no gap");
            }
        }
    }

    @Override
    public String toString() {
        return "client of " + terms + (own == null ? "" : " " + own);
    }
}
