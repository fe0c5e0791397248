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
 * No wake-up is lost: what was published while a turn ran is delivered without another publish, once and in order. The
 * arbiter runs what is posted and publishes nothing.
 *
 * <p>Not seen here, on x86 and within seconds: a wake-up just before the head is released, while the hub's lock is
 * still held, and a lane that looks whether a turn is posted and then says so in two steps. Both gaps are a few
 * instructions wide.
 */
public final class WakeUpStress {

    private WakeUpStress() {}

    abstract static class OneClient extends StressHub {
        OneClient(String... terms) {
            super(100, terms);
        }

        /** What the client has when all turns have run that somebody asked for. */
        final String settled() {
            lane.runAll();
            boolean[] reached = {false};
            lane.run(() -> reached[0] = sink.hasReached(HubTestAccess.log(hub).head()));
            return reached[0] ? sink.received() : "stuck behind the head";
        }
    }

    /** A turn is just about to run when the next events of the same topic come. */
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

    /** Two publishers find a lane at rest: one of them posts a turn, and everything comes. */
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
