package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.Entries;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One pass of a lane: writes everything between the lane's position and a head to all sinks that have caught up.
 *
 * <p>Steps: take the head and the dirty topics; copy the range of each topic; group the sinks by their dirty topics;
 * write. A range is framed once. The pass can be suspended between two sinks and resumed in the next turn. Until it has
 * ended, no sink joins the lane and no subscription leaves a list.
 *
 * <p>Confined to the lane.
 */
final class Pass {

    private enum Step {
        IDLE,
        GROUPING,
        WRITING
    }

    /** Reading the clock costs about a hundredth of a write, so it is not read for each sink. */
    private static final int SINKS_BETWEEN_CLOCKS = 16;

    private final HubLane lane;
    private final LaneFrames frames;
    private final CatchUp catchUp;

    private Step step = Step.IDLE;
    private long number;
    private long target;
    private boolean stoppedShort;

    private final Entries entries = new Entries();

    // Where grouping or writing resumes.
    private int atTopic;
    private int atList;
    private int atMember;
    private int atSink;

    private @Nullable LaneSink[] grouped = new @Nullable LaneSink[64];
    private int groupedCount;

    private final Prefetcher prefetcher = new Prefetcher();
    private final DirtyTopics dirty;
    private final DirtySets sets;
    private final Splicer splicer;
    private final ViewFrames viewFrames;

    Pass(HubLane lane, CatchUp catchUp) {
        this.lane = lane;
        this.frames = lane.frames;
        this.catchUp = catchUp;
        this.dirty = new DirtyTopics(lane, entries, this::subscribersFallBehind);
        this.sets = new DirtySets(frames);
        this.splicer = new Splicer(frames, entries, dirty);
        this.viewFrames = new ViewFrames(frames, entries);
    }

    /** Whether a pass has begun and not ended. */
    boolean isRunning() {
        return step != Step.IDLE;
    }

    /** Whether the last pass ended below the head, because a frame is bounded. */
    boolean stoppedShort() {
        return stoppedShort;
    }

    /**
     * Begins a pass, or resumes the suspended one.
     *
     * @return whether it has ended; false means that its time was up
     */
    boolean run(long deadlineNanos) {
        assert lane.isConfined();
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

    /** As {@link DirtyTopics#copies}. */
    long copies() {
        return dirty.copies();
    }

    /** As {@link Entries#added}. */
    long copiedEntries() {
        return entries.added();
    }

    // ---- begin: the head, the dirty topics, their ranges

    private void begin() {
        number++;
        // Before the dirty topics are taken: every event at or below this head was marked before the head was released.
        long head = lane.log().head();
        if (lane.log().lostPosition() > lane.position) {
            allFallBehind();
        }
        target = dirty.copy(head);
        stoppedShort = target < head;
        step = dirty.size() == 0 ? Step.WRITING : Step.GROUPING;
        atTopic = 0;
        atList = 0;
        atMember = 0;
        atSink = 0;
    }

    /** The backplane may have lost events of any topic. So each sink is served alone next, and its gap is found. */
    private void allFallBehind() {
        for (int i = 0; i < lane.sinkCount(); i++) {
            fallBehindAndQueue(lane.sink(i), lane.position);
        }
    }

    /**
     * The ring of a topic has evicted events that the lane has not read. All its subscribers fall behind, and the
     * overflow policy decides when each is served.
     */
    private void subscribersFallBehind(TopicSubscribers topic) {
        for (int l = 0; l < topic.listCount(); l++) {
            SubscriberList list = topic.list(l);
            for (int i = 0; i < list.size(); i++) {
                LaneSink sink = list.get(i).sink();
                if (takesPart(sink)) {
                    sink.fallBehind(lane.position);
                    catchUp.add(sink);
                }
            }
        }
    }

    // ---- group: which sinks have which dirty topics

    private boolean group(long deadlineNanos) {
        // Most passes have one dirty topic. Its sinks form one group, and are written to at once.
        boolean isSingle = dirty.size() == 1;
        int betweenClocks = isSingle ? SINKS_BETWEEN_CLOCKS : SINKS_BETWEEN_CLOCKS * 16;
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
                        if (isTimeUp(deadlineNanos)) {
                            return false;
                        }
                        untilClock = betweenClocks;
                    }
                    if (isSingle) {
                        prefetcher.prefetch(list, atMember);
                        writeOnce(list.get(atMember).sink(), topic);
                    } else {
                        addToGroup(list.get(atMember).sink(), topic);
                    }
                }
            }
        }
        step = Step.WRITING;
        return true;
    }

    private boolean isTimeUp(long deadlineNanos) {
        return lane.lane().nanoTime() - deadlineNanos >= 0;
    }

    /** A sink can be in two lists of one topic: by name and by pattern. */
    private void writeOnce(LaneSink sink, TopicSubscribers topic) {
        if (sink.passNumber != number) {
            sink.passNumber = number;
            writeGuarded(sink, sets.single(sink, topic));
        }
    }

    private void addToGroup(LaneSink sink, TopicSubscribers topic) {
        if (!takesPart(sink)) {
            return;
        }
        if (sink.passNumber != number) {
            if (groupedCount == grouped.length) {
                grouped = Arrays.copyOf(grouped, groupedCount * 2);
            }
            sink.passNumber = number;
            sink.setDirtySet(sets.single(sink, topic));
            grouped[groupedCount++] = sink;
        } else if (sink.dirtySet().last() != topic) { // otherwise the sink is in two lists of the topic
            sink.setDirtySet(sets.with(sink.dirtySet(), topic));
        }
    }

    // ---- write

    private boolean writeAll(long deadlineNanos) {
        int untilClock = SINKS_BETWEEN_CLOCKS;
        for (; atSink < groupedCount; atSink++) {
            if (--untilClock == 0) {
                if (isTimeUp(deadlineNanos)) {
                    return false;
                }
                untilClock = SINKS_BETWEEN_CLOCKS;
            }
            prefetcher.prefetch(grouped, atSink, groupedCount);
            LaneSink sink = grouped(atSink);
            writeGuarded(sink, sink.dirtySet());
        }
        return true;
    }

    /** A failure ends this sink only, and the pass continues. */
    private void writeGuarded(LaneSink sink, DirtySet set) {
        try {
            write(sink, set);
        } catch (RuntimeException | Error e) {
            lane.failed(sink, e);
        }
    }

    private void write(LaneSink sink, DirtySet set) {
        if (!takesPart(sink)) {
            return;
        }
        if (!sink.canWrite() || sink.hasDirectSends()) {
            // The stalled client costs one long from here on. A sink that only has direct sends is served at once.
            sink.fallBehind(lane.position);
            if (sink.canWrite()) {
                catchUp.add(sink);
            }
            return;
        }
        List<Frame> own = set.isPlain() ? framesOf(set) : viewFrames.of(set, sink, lane.position);
        if (own.isEmpty() || sink.selection() == null) {
            return; // no event is meant for this sink, or a filter has ended its subscriptions
        }
        if (own.size() == 1) {
            sink.putAndFlush(own.get(0), lane);
            return;
        }
        for (int i = 0; i < own.size(); i++) {
            if (i > 0 && !sink.canWrite()) {
                sink.fallBehind(own.get(i - 1).lastPosition);
                break;
            }
            sink.put(own.get(i), lane);
        }
        sink.flush();
    }

    /**
     * Whether the sink takes part in a pass: it has caught up, and has not unsubscribed while the pass was suspended.
     */
    private static boolean takesPart(LaneSink sink) {
        return !sink.isBehind() && sink.selection() != null;
    }

    private List<Frame> framesOf(DirtySet set) {
        if (set.frames.isEmpty()) {
            if (set.isSingle()) {
                set.frames.add(frames.range(entries, set.last().from, set.last().to));
            } else {
                for (DirtySet at = set; at != null; at = at.parent()) {
                    framesOf(at.last().single()); // the splice takes its blocks from these
                }
                try {
                    splicer.spliceInto(set, lane.position);
                } catch (RuntimeException | Error e) {
                    // The next sink of this set would take the frames made so far for all of them.
                    frames.releaseAll(set.frames);
                    throw e;
                }
            }
        }
        return set.frames;
    }

    // ---- end: all sinks that were written to stand at the target

    /** The lane has ended while a pass was suspended: releases the frames of the pass. */
    void abandon() {
        assert lane.isConfined();
        if (isRunning()) {
            target = lane.position;
            end();
        }
    }

    /**
     * Gives up a pass that has failed, for example because memory was short. All sinks that had caught up fall behind:
     * at the target of the pass if the pass had come to them, otherwise at the lane's position. The lane moves to the
     * head as the hub's lock shows it. The marks that were taken are for events up to that head, so they may be
     * forgotten.
     */
    void giveUp() {
        assert lane.isConfined();
        boolean isSingle = dirty.size() == 1;
        for (int i = 0; i < atSink && i < groupedCount; i++) {
            fallBehindAndQueue(grouped(i), target);
        }
        for (int i = 0; i < lane.sinkCount(); i++) {
            LaneSink sink = lane.sink(i);
            fallBehindAndQueue(sink, isSingle && sink.passNumber == number ? target : lane.position);
        }
        target = lane.log().locked(lane.log()::head);
        dirty.clearWaiting();
        end();
    }

    private void fallBehindAndQueue(LaneSink sink, long position) {
        if (takesPart(sink)) {
            sink.fallBehind(position);
        }
        if (sink.isBehind()) {
            catchUp.add(sink);
        }
    }

    private void end() {
        lane.position = target; // first: if anything below fails, no sink is written to twice
        for (int i = 0; i < dirty.size(); i++) {
            endStreamsOf(dirty.get(i));
        }
        for (int i = 0; i < groupedCount; i++) {
            grouped(i).setDirtySet(null);
            grouped[i] = null;
        }
        groupedCount = 0;
        sets.end();
        viewFrames.end();
        dirty.end();
        entries.clear();
        step = Step.IDLE;
    }

    /** The streams of a topic whose last event was written end where sinks join the lane, see {@link CatchUp}. */
    private void endStreamsOf(TopicSubscribers topic) {
        if (!topic.topic.hasEndedBy(target)) {
            return;
        }
        for (int i = 0; i < topic.size(); i++) {
            LaneSink sink = topic.get(i).sink();
            if (takesPart(sink) && sink.isOfTopicEndedBy(target)) {
                sink.fallBehind(target);
                catchUp.add(sink);
            }
        }
    }

    private LaneSink grouped(int index) {
        return Objects.requireNonNull(grouped[index]);
    }
}
