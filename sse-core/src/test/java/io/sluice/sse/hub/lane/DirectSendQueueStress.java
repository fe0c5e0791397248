package io.sluice.sse.hub.lane;

import io.sluice.sse.CloseReason;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** Events sent while the sink closes are written or rejected. No sender waits forever, and nothing is left over. */
public final class DirectSendQueueStress {

    private DirectSendQueueStress() {}

    /** The first send creates the queue while the sink closes. */
    @JCStressTest
    @Outcome(id = "written, 1", expect = Expect.ACCEPTABLE, desc = "before the close")
    @Outcome(id = "refused, 1", expect = Expect.ACCEPTABLE, desc = "by the close")
    @State
    public static class FirstSend extends StressHub {
        private CompletionStage<Void> sent;

        public FirstSend() {
            super(1);
        }

        @Actor
        public void source() {
            sent = sink.send(EVENT);
        }

        @Actor
        public void close() {
            sink.close(CloseReason.RESET);
            lane.runAll();
        }

        @Arbiter
        public void settle(LL_Result r) {
            lane.runAll();
            CompletableFuture<Void> end = sent.toCompletableFuture();
            r.r1 = !end.isDone() ? "waits for ever" : end.isCompletedExceptionally() ? "refused" : "written";
            r.r1 = ((LaneSink) sink).hasDirectSends() ? r.r1 + ", and one was left" : r.r1;
            r.r2 = sink.ends();
        }
    }
}
