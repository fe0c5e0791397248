package io.sluice.sse.hub.log;

import io.sluice.sse.hub.HubTestAccess;
import io.sluice.sse.hub.lane.StressHub;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/**
 * A reader that sees a head finds every event up to it, or detects by the floor that it was lapped, whatever the
 * publisher does to the ring meanwhile.
 */
public final class LogPublicationStress {

    private LogPublicationStress() {}

    /** The ring of topic {@code a} in a hub of its own. Every position belongs to it. */
    abstract static class Ring extends StressHub {
        private final TopicLog log;
        private final Entries into = new Entries();

        Ring(int keep, int published) {
            super(keep, "quiet");
            publish(published);
            log = HubTestAccess.log(hub)
                    .locked(() -> HubTestAccess.log(hub).topics().getOrCreate("a"))
                    .log;
        }

        final void publish(int count) {
            for (int i = 0; i < count; i++) {
                publish("a");
            }
        }

        /** Reads like a lane at position {@code after} that has seen {@code head}. */
        final String read(long after, long head) {
            TopicLog.Copied copied = log.copy(after, head, 1 << 20, into);
            if (log.floor() > after) {
                return "lapped";
            }
            for (int i = 0; i < into.size(); i++) {
                if (into.get(i).position != after + 1 + i) {
                    return "a hole before " + into.get(i).position;
                }
            }
            if (copied == TopicLog.Copied.UP_TO_ROOM) {
                return "no room";
            }
            return into.size() == head - after ? "whole" : "short: " + into.size() + " of " + (head - after);
        }

        /** Whether there is an event after {@code after}, checked like a pattern subscription. */
        final String look(long after, long head) {
            boolean found = log.hasAfter(after);
            return found || head <= after || log.floor() > after ? "whole" : "blind";
        }
    }

    /** The ring has no array, then one slot, two, four. */
    @JCStressTest
    @Outcome(id = "whole", expect = Expect.ACCEPTABLE, desc = "all up to the head that was seen")
    @State
    public static class Growth extends Ring {
        public Growth() {
            super(100, 0);
        }

        @Actor
        public void publisher() {
            publish(3);
        }

        @Actor
        public void reader(L_Result r) {
            r.r1 = read(0, HubTestAccess.log(hub).head());
        }
    }

    /** The same for a reader that only checks whether there is an event. */
    @JCStressTest
    @Outcome(id = "whole", expect = Expect.ACCEPTABLE, desc = "found, or nothing was there")
    @State
    public static class Look extends Ring {
        public Look() {
            super(1, 0);
        }

        @Actor
        public void publisher() {
            publish(3);
        }

        @Actor
        public void reader(L_Result r) {
            long head = HubTestAccess.log(hub).head();
            r.r1 = look(0, head);
        }
    }

    /** One slot, overwritten again and again. */
    @JCStressTest
    @Outcome(id = "whole", expect = Expect.ACCEPTABLE, desc = "all up to the head that was seen")
    @Outcome(id = "lapped", expect = Expect.ACCEPTABLE, desc = "and noticed")
    @State
    public static class OneSlot extends Ring {
        public OneSlot() {
            super(1, 1);
        }

        @Actor
        public void publisher() {
            publish(2);
        }

        @Actor
        public void reader(L_Result r) {
            r.r1 = read(0, HubTestAccess.log(hub).head());
        }
    }

    /** Only events that the reader has are evicted: it is not lapped, and nothing is missing. */
    @JCStressTest
    @Outcome(id = "whole", expect = Expect.ACCEPTABLE, desc = "the slot of a seen event is no hole")
    @State
    public static class SlotOfASeenEvent extends Ring {
        public SlotOfASeenEvent() {
            super(4, 4);
        }

        @Actor
        public void publisher() {
            publish(2);
        }

        @Actor
        public void reader(L_Result r) {
            r.r1 = read(2, 4);
        }
    }

    /** The publisher packs a chunk of the ring, and evicts from another one, while a reader copies. */
    @JCStressTest
    @Outcome(id = "whole", expect = Expect.ACCEPTABLE, desc = "all up to the head that was seen")
    @Outcome(id = "lapped", expect = Expect.ACCEPTABLE, desc = "and noticed")
    @State
    public static class Packed extends Ring {
        public Packed() {
            super(40, 55);
        }

        @Actor
        public void publisher() {
            publish(2);
        }

        @Actor
        public void reader(L_Result r) {
            r.r1 = read(15, HubTestAccess.log(hub).head());
        }
    }

    /** The publisher writes a chunk into the memory of an evicted one, which a reader copies. */
    @JCStressTest
    @Outcome(id = "whole", expect = Expect.ACCEPTABLE, desc = "all up to the head that was seen")
    @Outcome(id = "lapped", expect = Expect.ACCEPTABLE, desc = "and noticed")
    @State
    public static class MemoryOfAnEvictedChunk extends Ring {
        public MemoryOfAnEvictedChunk() {
            super(40, 71); // the chunk of the events 17 to 32 is the oldest and packed
        }

        @Actor
        public void publisher() {
            publish(1); // evicts event 32, and packs the chunk of 49 to 64 into the memory of its chunk
        }

        @Actor
        public void reader(L_Result r) {
            r.r1 = read(31, HubTestAccess.log(hub).head());
        }
    }

    /** The publisher fills the ring twice while a reader copies it from the start. */
    @JCStressTest
    @Outcome(id = "whole", expect = Expect.ACCEPTABLE, desc = "all up to the head that was seen")
    @Outcome(id = "lapped", expect = Expect.ACCEPTABLE, desc = "and noticed")
    @State
    public static class Lapped extends Ring {
        public Lapped() {
            super(4, 4);
        }

        @Actor
        public void publisher() {
            publish(8);
        }

        @Actor
        public void reader(L_Result r) {
            r.r1 = read(0, HubTestAccess.log(hub).head());
        }
    }

    /** The same for a ring of chunks, which come and go. */
    @JCStressTest
    @Outcome(id = "whole", expect = Expect.ACCEPTABLE, desc = "all up to the head that was seen")
    @Outcome(id = "lapped", expect = Expect.ACCEPTABLE, desc = "and noticed")
    @State
    public static class Chunks extends Ring {
        public Chunks() {
            super(17, 31);
        }

        @Actor
        public void publisher() {
            publish(18);
        }

        @Actor
        public void reader(L_Result r) {
            r.r1 = read(15, HubTestAccess.log(hub).head());
        }
    }

    /** One slot becomes many, and then a table of chunks. */
    @JCStressTest
    @Outcome(id = "whole", expect = Expect.ACCEPTABLE, desc = "all up to the head that was seen")
    @State
    public static class GrowthToChunks extends Ring {
        public GrowthToChunks() {
            super(100, 15);
        }

        @Actor
        public void publisher() {
            publish(18);
        }

        @Actor
        public void reader(L_Result r) {
            r.r1 = read(0, HubTestAccess.log(hub).head());
        }
    }

    /** All events and the array are dropped at once, and the next event creates a new array. */
    @JCStressTest
    @Outcome(id = "whole", expect = Expect.ACCEPTABLE, desc = "all up to the head that was seen")
    @Outcome(id = "lapped", expect = Expect.ACCEPTABLE, desc = "and noticed")
    @State
    public static class EmptiedAndFilled extends Ring {
        private final HubLog all = HubTestAccess.log(hub);
        private final Topic topic = all.locked(() -> all.topics().getOrCreate("a"));

        public EmptiedAndFilled() {
            super(4, 3);
        }

        @Actor
        public void publisher() {
            all.locked(() -> {
                for (int i = 1; i <= 3; i++) {
                    topic.log.evictOldest(i);
                }
                return null;
            });
            topic.log.append(new LogEntry(4, 0, "", new byte[1]));
        }

        @Actor
        public void reader(L_Result r) {
            r.r1 = read(1, 3);
        }
    }
}
