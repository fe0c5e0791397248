package io.sluice.sse.redis;

import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Published;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A node of {@link RedisCyclesTest}, in the process of the test or in one of its own. */
interface CycleNode extends AutoCloseable {

    CompletionStage<List<Published>> publish(List<Publication> batch);

    /** A client of all topics of the test. @param last the last id that it has seen; null for one that is new */
    Stream subscribe(@Nullable String last);

    boolean isAvailable();

    @Override
    void close();

    /** What a node sends to a client. Confined to the thread of the test. */
    interface Stream extends AutoCloseable {

        /** Receives what the node has sent. */
        void run();

        /** All that the client has received. A copy. */
        List<ReceivedEvent> events();

        /** The id that the client would send with a reconnect. */
        String lastEventId();

        boolean hasEnded();

        /** The client leaves. What it has received stays, and nothing is added. */
        @Override
        void close();
    }
}
