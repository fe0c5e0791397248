package io.sluice.sse.hub.log;

import io.sluice.sse.CloseReason;
import io.sluice.sse.hub.lane.HubFixture;
import io.sluice.sse.hub.lane.PipeSink;
import io.sluice.sse.hub.log.HistoryModel.Told;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.wire.EventParser;
import java.time.Duration;
import java.util.List;

/**
 * A client as the standard has it: it parses the bytes that it takes, an id counts when its block is complete, and
 * it comes back with the last one. What it has read over all of its connections must be everything, or have a gap where
 * it is not.
 */
final class HistoryClient implements EventParser.Listener {

    private final RandomHistory history;
    final List<String> terms;
    final OverflowPolicy own;
    private final EventParser parser = new EventParser(this);

    PipeSink sink;
    private StreamJudge judge;
    private int lane;

    // What it has read, whatever connection it was on.

    /**
     * Everything that it wants up to here was read, or a gap has said that it was not; -1 before it knows any
     * position.
     */
    private long has = -1;

    /** What had gone up to here when a gap was read, as the how manieth of all, may be missing. */
    private long excused;
    /** It did not ask to go on where it was: the first block says where it is. */
    private boolean beginsAnew;

    /** What it has not read yet of the blocks up to the one that says where it is. */
    private int leftOfBeginning;

    /** Whether that block is on its way. */
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

    // ---- what it does

    /** Comes (back), and goes on behind what it read last, if anything. */
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

    /** Comes as if it had never been here, or with what it has from elsewhere. */
    void connectAnew(int onLane, int size) {
        HistoryModel model = history.model;
        StartPosition start = switch (size % 8) {
            case 0 -> StartPosition.live();
            case 1, 2 -> StartPosition.replay(1 + size / 8 % 8);
            case 3 -> since(history.time(size * 50_000L));
            case 4 -> since(agoOfSomeEvent(size / 8));
            case 5 -> StartPosition.after(model.id(model.head() + 1 + size / 8 % 5)); // beyond the head
            case 6 -> StartPosition.after(model.id(somewhere(size / 8))); // perhaps long gone
            default -> StartPosition.after("nonsense " + size);
        };
        open(onLane, start, true);
    }

    private StartPosition since(long ago) {
        return StartPosition.since(history.wallTime.minusNanos(ago));
    }

    /** A position that there was, or that was left out; near the end or anywhere. */
    private long somewhere(int which) {
        long head = history.model.head();
        long anywhere = which % (head + 1);
        return which % 3 == 0 ? head - anywhere % 8 : anywhere;
    }

    /** How long ago some event was published, to the nanosecond. */
    private long agoOfSomeEvent(int which) {
        List<Told> all = history.model.all;
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
                    excused = history.model.evictions(); // else more was kept than it asked for
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

    /** Takes so many bytes more, and is cut: what else was on its way is lost. */
    void cut(int bytes) {
        onLane(() -> {
            sink.readBytes(bytes);
            sink.close(CloseReason.CLIENT_LEFT);
        });
    }

    void onLane(Runnable work) {
        history.bench.lanes.get(lane).run(work);
    }

    /** More is in the store, and it was asked whatever waited for that. */
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

    // ---- what it reads

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

    /** It has read whatever there is. */
    void assertHasAll() {
        if (!isConnected()) {
            throw new AssertionError("it came back and was sent away, though it takes all");
        }
        assertHasAllBefore(history.model.head() + 1);
    }

    private void assertHasAllBefore(long position) {
        for (Told each : history.model.wanted(terms, has)) {
            if (each.position < position && (each.isKept() || each.gone > excused)) {
                throw new AssertionError(
                        "never read position " + each.position + " of " + each.topic + ", and no gap was said");
            }
        }
    }

    @Override
    public String toString() {
        return "client of " + terms + (own == null ? "" : " " + own);
    }
}
