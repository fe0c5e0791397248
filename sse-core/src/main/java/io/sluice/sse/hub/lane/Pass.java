package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.Entries;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One pass of a lane: everything between the lane's position and a head, to all sinks that have caught up.
 *
 * <p>Steps: take the head and the dirty topics; copy each topic's range; put the sinks with the same dirty topics
 * together; write. A range is framed once. The pass can stop between two sinks and go on in the next turn; until it has
 * ended, nobody joins those that have caught up and nobody leaves an audience.
 *
 * <p>Confined to its lane.
 */
final class Pass {

    private enum Step {
        IDLE,
        GROUPING,
        WRITING
    }

    /** A nanoTime costs about as much as a hundredth of a write, so it is not asked each time. */
    private static final int SINKS_BETWEEN_CLOCKS = 16;

    private final HubLane lane;

    private Step step = Step.IDLE;
    private long number;
    private long target;
    private boolean cut;

    private final Entries entries = new Entries();

    // Where grouping or writing goes on.
    private int atTopic;
    private int atList;
    private int atMember;
    private int atSink;

    private @Nullable LaneSink[] touched = new @Nullable LaneSink[64];
    private int touchedCount;

    private final Prefetcher ahead = new Prefetcher();
    private final DirtyTopics dirty;
    private final DirtySets sets;
    private final Splicer splicer;
    private final ViewFrames viewFrames;

    Pass(HubLane lane) {
        this.lane = lane;
        this.dirty = new DirtyTopics(lane, entries, this::everybodyFallsBehind);
        this.sets = new DirtySets(lane.framer());
        this.splicer = new Splicer(lane, entries, dirty);
        this.viewFrames = new ViewFrames(lane, entries);
    }

    /** Whether a pass has begun and not ended. */
    boolean isRunning() {
        return step != Step.IDLE;
    }

    /** Whether the last pass stopped short of the head, because a frame is bounded. */
    boolean wasCut() {
        return cut;
    }

    /**
     * Begins a pass, or goes on with the one that yielded.
     *
     * @return whether it has ended; false means that its time was up
     */
    boolean run(long deadlineNanos) {
        if (step == Step.IDLE) {
            begin();
        }
        if (step == Step.GROUPING && !group(deadlineNanos)) {
            return false;
        }
        if (step == Step.WRITING && !writeAll(deadlineNanos)) {
            return false;
        }
        end();
        return true;
    }

    // ---- begin: the head, the dirty topics, their ranges

    private void begin() {
        number++;
        // Before the dirty topics are taken: whatever lies at or below this head was marked before it was released.
        long head = lane.log().head();
        target = dirty.copy(number, head);
        cut = target < head;
        step = dirty.size() == 0 ? Step.WRITING : Step.GROUPING;
        atTopic = 0;
        atList = 0;
        atMember = 0;
        atSink = 0;
    }

    /** The ring has passed the lane by: each sink is now behind, and its overflow policy decides when it is served. */
    private void everybodyFallsBehind(TopicSubscribers topic) {
        for (int l = 0; l < topic.listCount(); l++) {
            SubscriberList list = topic.list(l);
            for (int i = 0; i < list.size(); i++) {
                LaneSink sink = list.get(i).sink();
                if (hasPart(sink)) {
                    sink.fallBehind(lane.position);
                    lane.catchUp.add(sink);
                }
            }
        }
    }

    // ---- group: which sinks have which dirty topics

    private boolean group(long deadlineNanos) {
        // The usual pass has one dirty topic: its sinks need not be put together, and nothing is stored in them.
        boolean alone = dirty.size() == 1;
        int betweenClocks = alone ? SINKS_BETWEEN_CLOCKS : SINKS_BETWEEN_CLOCKS * 16;
        int untilClock = betweenClocks;
        for (; atTopic < dirty.size(); atTopic++, atList = 0) {
            TopicSubscribers topic = dirty.get(atTopic);
            if (atList == 0 && atMember == 0) {
                topic.setSingle(sets.makeSingle(topic));
            }
            for (; atList < topic.listCount(); atList++, atMember = 0) {
                SubscriberList list = topic.list(atList);
                for (; atMember < list.size(); atMember++) {
                    if (--untilClock == 0) {
                        if (lane.lane().nanoTime() - deadlineNanos >= 0) {
                            return false;
                        }
                        untilClock = betweenClocks;
                    }
                    if (alone) {
                        ahead.look(list, atMember);
                        writeOnce(list.get(atMember).sink(), topic);
                    } else {
                        touch(list.get(atMember).sink(), topic);
                    }
                }
            }
        }
        step = Step.WRITING;
        return true;
    }

    /** A sink can be in two audiences of one topic: by name and by pattern. */
    private void writeOnce(LaneSink sink, TopicSubscribers topic) {
        if (sink.passNumber != number) {
            sink.passNumber = number;
            writeContained(sink, sets.single(sink, topic));
        }
    }

    private void touch(LaneSink sink, TopicSubscribers topic) {
        if (!hasPart(sink)) {
            return; // it has no share in this pass, or has ended its subscription since it yielded
        }
        if (sink.passNumber != number) {
            if (touchedCount == touched.length) {
                touched = Arrays.copyOf(touched, touchedCount * 2);
            }
            sink.passNumber = number;
            sink.setDirtySet(sets.single(sink, topic));
            touched[touchedCount++] = sink;
        } else if (sink.dirtySet().last() != topic) { // else it listens to the topic twice: by name and by pattern
            sink.setDirtySet(sets.with(sink.dirtySet(), topic));
        }
    }

    // ---- write

    private boolean writeAll(long deadlineNanos) {
        int untilClock = SINKS_BETWEEN_CLOCKS;
        for (; atSink < touchedCount; atSink++) {
            if (--untilClock == 0) {
                if (lane.lane().nanoTime() - deadlineNanos >= 0) {
                    return false;
                }
                untilClock = SINKS_BETWEEN_CLOCKS;
            }
            ahead.look(touched, atSink, touchedCount);
            LaneSink sink = touched(atSink);
            writeContained(sink, sink.dirtySet());
        }
        return true;
    }

    /** What goes wrong with one sink ends that sink, and the pass goes on. */
    private void writeContained(LaneSink sink, DirtySet set) {
        try {
            write(sink, set);
        } catch (RuntimeException | Error e) {
            lane.failed(sink, e);
        }
    }

    private void write(LaneSink sink, DirtySet set) {
        if (!hasPart(sink)) {
            return;
        }
        if (!sink.canWrite() || sink.hasDirectSends()) {
            // From here on it costs one long. If it is only its direct sends that go first, it is served right away.
            sink.fallBehind(lane.position);
            if (sink.canWrite()) {
                lane.catchUp.add(sink);
            }
            return;
        }
        List<Frame> frames = set.isPlain() ? frames(set) : viewFrames.of(set, sink);
        if (frames.isEmpty() || sink.selection() == null) {
            return; // nothing of it is due; or a filter has ended the sink
        }
        if (frames.size() == 1) {
            sink.putAndFlush(frames.get(0), lane);
            return;
        }
        for (int i = 0; i < frames.size(); i++) {
            if (i > 0 && !sink.canWrite()) {
                sink.fallBehind(frames.get(i - 1).lastPosition);
                break;
            }
            sink.put(frames.get(i), lane);
        }
        sink.flush();
    }

    /** Whether the sink takes part in a pass: it has caught up, and has not unsubscribed since the pass yielded. */
    private static boolean hasPart(LaneSink sink) {
        return !sink.isBehind() && sink.selection() != null;
    }

    private List<Frame> frames(DirtySet set) {
        if (set.frames.isEmpty()) {
            if (set.isSingle()) {
                set.frames.add(lane.frames.range(entries, set.last().from, set.last().to));
            } else {
                for (DirtySet at = set; at != null; at = at.parent()) {
                    frames(at.last().single()); // what is spliced is cut out of these
                }
                try {
                    splicer.spliceInto(set);
                } catch (RuntimeException | Error e) {
                    // Half of them would be taken for all by the next sink of this set.
                    DirtySet.release(set.frames, lane.framer());
                    throw e;
                }
            }
        }
        return set.frames;
    }

    // ---- end: all who were written to stand at the target

    /** The lane has ended in the middle of a pass: its frames are let go. */
    void abandon() {
        if (isRunning()) {
            target = lane.position;
            end();
        }
    }

    /**
     * Gives up a pass that has failed, for want of memory say, wherever it stood: all who had caught up are behind now,
     * those it had come to at its target, the others where the lane stood. The lane moves to the head as the hub's lock
     * shows it: the marks that were taken are for events up to there, and there is no need to know them any more.
     */
    void giveUp() {
        boolean alone = dirty.size() == 1;
        for (int i = 0; i < atSink && i < touchedCount; i++) {
            fallBehindWith(touched(i), target);
        }
        for (int i = 0; i < lane.sinkCount(); i++) {
            LaneSink sink = lane.sink(i);
            fallBehindWith(sink, alone && sink.passNumber == number ? target : lane.position);
        }
        target = lane.log().locked(lane.log()::head);
        dirty.clearDeferred();
        end();
    }

    private void fallBehindWith(LaneSink sink, long position) {
        if (hasPart(sink)) {
            sink.fallBehind(position);
        }
        if (sink.isBehind()) {
            lane.catchUp.add(sink);
        }
    }

    private void end() {
        lane.position = target; // first: whatever fails from here on, nobody is written to again
        for (int i = 0; i < touchedCount; i++) {
            touched(i).setDirtySet(null);
            touched[i] = null;
        }
        touchedCount = 0;
        sets.end();
        viewFrames.end();
        dirty.end();
        entries.clear();
        step = Step.IDLE;
    }

    private LaneSink touched(int index) {
        return Objects.requireNonNull(touched[index]);
    }
}
