package io.sluice.sse.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.embedded.EmbeddedChannel;
import io.sluice.sse.Event;
import io.sluice.sse.Ledger;
import io.sluice.sse.RejectionCounts;
import io.sluice.sse.netty.connection.AcceptThrottle;
import io.sluice.sse.netty.connection.ConnectionLimiter;
import io.sluice.sse.netty.connection.PendingConnections;
import io.sluice.sse.netty.connection.RejectionLog;
import io.sluice.sse.netty.connection.ServerAcceptor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A crowd that connects at once waits in the kernel, does not delay subscribers, and keeps no client out. */
@Timeout(300)
class PendingConnectionsTest {

    private static final int MOST = 3;

    private final PendingConnections pending = new PendingConnections();
    private final EmbeddedChannel listener = new EmbeddedChannel();

    PendingConnectionsTest() {
        listener.freezeTime();
        listener.pipeline()
                .addLast(new ServerAcceptor(
                        new ConnectionLimiter(1_000, Set.of(), new Ledger(), new RejectionLog(new RejectionCounts())),
                        pending,
                        MOST));
    }

    private void accept(int count) {
        for (int i = 0; i < count; i++) {
            pending.accepted();
        }
        listener.pipeline().fireChannelReadComplete();
    }

    private boolean accepts() {
        return listener.config().isAutoRead();
    }

    private void pass(long millis) {
        for (long i = 0; i < millis; i++) {
            listener.advanceTimeBy(1, TimeUnit.MILLISECONDS);
            listener.runScheduledPendingTasks();
        }
    }

    @Test
    void aFewPendingConnectionsDoNotPauseAccepting() {
        accept(MOST - 1);
        assertThat(accepts()).isTrue();
        assertThat(listener.hasPendingTasks()).isFalse();
    }

    @Test
    void manyPendingConnectionsPauseAcceptingUntilFewAreLeft() {
        accept(MOST);
        assertThat(accepts()).isFalse();
        pass(1);
        assertThat(accepts()).isFalse();
        pending.identified();
        pass(1);
        assertThat(accepts()).isTrue();
        assertThat(listener.hasPendingTasks()).isFalse();
    }

    @Test
    void clientsThatNeverSendARequestKeepNoClientOut() {
        accept(MOST);
        assertThat(accepts()).isFalse();
        pass(AcceptThrottle.MAX_CHECKS - 1);
        assertThat(accepts()).isFalse();
        pass(1);
        assertThat(accepts()).isTrue();
        for (int millis = 0; millis < 99; millis++) {
            accept(1);
            assertThat(accepts()).isTrue();
            pass(1);
        }
        pass(1);
        accept(1);
        assertThat(accepts()).as("throttling again").isFalse();
        pass(AcceptThrottle.MAX_CHECKS);
        assertThat(accepts()).isTrue();
    }

    @Test
    void withoutDescriptorsAcceptingPausesWhateverPendingConnectionsDo() {
        accept(MOST);
        listener.pipeline().fireExceptionCaught(new IOException("too many open files (a test wants it so)"));
        pass(AcceptThrottle.MAX_CHECKS);
        assertThat(accepts()).isFalse();
        pass(1_000);
        assertThat(accepts()).isTrue();
    }

    @OverEachTransport
    void silentConnectionsKeepNoClientOut(Transport transport) throws Exception {
        try (SseServer server = TestServers.on(transport).start()) {
            List<RawClient> silent = new ArrayList<>();
            try {
                for (int i = 0; i < 300; i++) {
                    silent.add(RawClient.connect(server.port()));
                }
                try (RawClient talks = RawClient.open(server.port(), "/events/a")) {
                    server.hub().publish("a", Event.of("x"));
                    talks.awaitEvents(1);
                }
                await().until(() -> server.hub().ledger().count(Ledger.Kind.CONNECTIONS) >= 300);
            } finally {
                for (RawClient client : silent) {
                    client.close();
                }
            }
            await().until(() -> server.hub().ledger().isZero());
        }
    }
}
