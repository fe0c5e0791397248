package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.hub.HubTestAccess;
import io.sluice.sse.hub.TransportAccess;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * What a stress test makes a million times: a hub, one lane and one sink, with as little around them as possible. The
 * lane's queue is as free of locks as an event loop's, so that it orders nothing which the lane does not order itself.
 */
public abstract class StressHub {

    static final Event EVENT = Event.of("x");
    private static final LaneOptions QUIET = LaneOptions.DEFAULT
            .withHeartbeat(Duration.ZERO)
            .withWriteTimeout(Duration.ZERO)
            .withBlockedLaneAfter(Duration.ZERO);

    final QueueLane lane = new QueueLane();
    public final Hub hub;
    final HubLane hubLane;
    final CountingSink sink;

    public StressHub(int keep, String... terms) {
        HubBuilder builder = Hub.builder().historyEvents(keep).userExecutor(Runnable::run);
        hub = HubTestAccess.epoch(builder, 7).build();
        hubLane = TransportAccess.of(hub).join(lane, new PlainFramer(), QUIET);
        sink = new CountingSink(hubLane);
        lane.run(() -> sink.open(terms.length == 0 ? null : Selector.of(terms), StartPosition.live(), null));
        lane.runAll();
    }

    public final void publish(String topic) {
        hub.publish(topic, EVENT);
    }

    static final class QueueLane implements Lane {
        private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
        private volatile Thread runner;

        void run(Runnable work) {
            runner = Thread.currentThread();
            work.run();
            runner = null;
        }

        int waiting() {
            return tasks.size();
        }

        /** Runs the oldest waiting task, if there is one. */
        boolean runOne() {
            Runnable task = tasks.poll();
            if (task != null) {
                run(task);
            }
            return task != null;
        }

        void runAll() {
            while (runOne()) {}
        }

        @Override
        public boolean inLane() {
            return runner == Thread.currentThread();
        }

        @Override
        public void execute(Runnable task) {
            tasks.add(task);
        }

        @Override
        public Runnable schedule(Runnable task, long delayNanos) {
            return () -> {};
        }

        @Override
        public long nanoTime() {
            return 0;
        }
    }

    /** Always writable; remembers what it was given. */
    static final class CountingSink extends SilentSink {
        private final List<Long> positions = new ArrayList<>();
        private int ends;

        CountingSink(HubLane lane) {
            super(lane);
        }

        /** How many events came, or what was wrong with their order. */
        String received() {
            for (int i = 1; i < positions.size(); i++) {
                if (positions.get(i) <= positions.get(i - 1)) {
                    return "out of order: " + positions;
                }
            }
            return Long.toString(delivered());
        }

        int ends() {
            return ends;
        }

        @Override
        protected void write(Frame frame) {
            if (frame.events > 0) {
                positions.add(frame.lastPosition);
            }
        }

        @Override
        protected void end(CloseReason reason, boolean orderly) {
            ends++;
        }
    }

    static final class PlainFramer implements Framer {
        private static final class Plain extends Frame {
            @Override
            public int payloadBytes() {
                return 1;
            }
        }

        private final ArrayDeque<Frame> alive = new ArrayDeque<>();

        @Override
        public Frame frame(Batch batch) {
            Frame frame = new Plain();
            alive.add(frame);
            return frame;
        }

        @Override
        public Frame splice(Splice splice) {
            Frame frame = new Plain();
            alive.add(frame);
            return frame;
        }

        @Override
        public void release(Frame frame) {
            alive.remove(frame);
        }

        @Override
        public void releaseSent() {}

        @Override
        public int inFlight() {
            return 0;
        }

        @Override
        public long heldBytes() {
            return 0;
        }
    }
}
