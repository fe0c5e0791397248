package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.HubTestAccess;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/**
 * No wake-up is lost: events published while a turn ran are delivered without another publish, once and in order. The
 * arbiter runs posted tasks and publishes nothing.
 *
 * <p>On x86 and within seconds, this test does not detect two defects, whose windows are a few instructions wide: a
 * wake-up just before the head is released, while the hub's lock is still held; and a lane that checks whether a turn
 * is posted and marks it as posted in two steps.
 */
public final class WakeUpStress {

    private WakeUpStress() {}

    abstract static class OneClient extends StressHub {
        OneClient(String... terms) {
            super(100, terms);
        }

        /** The events that the client has after all posted turns have run. */
        final String settled() {
            lane.runAll();
            boolean[] reached = {false};
            lane.run(() -> reached[0] = sink.hasReached(HubTestAccess.log(hub).head()));
            return reached[0] ? sink.received() : "stuck behind the head";
        }
    }

    /** A turn is about to run when the next events of the same topic are published. */
    @JCStressTest
    @Outcome(id = "3", expect = Expect.ACCEPTABLE, desc = "all came")
    @State
    public static class SameTopic extends OneClient {
        public SameTopic() {
            super("a");
            publish("a");
        }

        @Actor
        public void publisher() {
            publish("a");
            publish("a");
        }

        @Actor
        public void turn() {
            lane.runOne();
            lane.runOne();
        }

        @Arbiter
        public void settle(L_Result r) {
            r.r1 = settled();
        }
    }

    /** Two publishers mark two topics of one lane while it takes the marks of a third. */
    @JCStressTest
    @Outcome(id = "4", expect = Expect.ACCEPTABLE, desc = "all came")
    @State
    public static class OtherTopics extends OneClient {
        public OtherTopics() {
            super("a", "b", "c");
            publish("c");
        }

        @Actor
        public void publisher() {
            publish("a");
            publish("c");
        }

        @Actor
        public void publisherAndTurn() {
            lane.runOne();
            publish("b");
            lane.runOne();
        }

        @Arbiter
        public void settle(L_Result r) {
            r.r1 = settled();
        }
    }

    /** Two publishers find an idle lane: one of them posts a turn, and all events are delivered. */
    @JCStressTest
    @Outcome(id = "2", expect = Expect.ACCEPTABLE, desc = "both came")
    @State
    public static class TwoPublishers extends OneClient {
        public TwoPublishers() {
            super("a", "b");
        }

        @Actor
        public void one() {
            publish("a");
        }

        @Actor
        public void two() {
            publish("b");
        }

        @Arbiter
        public void settle(L_Result r) {
            int posted = lane.waiting();
            r.r1 = posted == 1 ? settled() : posted + " turns posted";
        }
    }
}
