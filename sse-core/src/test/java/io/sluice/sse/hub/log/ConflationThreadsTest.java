package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubTestAccess;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Topics that conflate, read without a lock while events are published to them. */
class ConflationThreadsTest {

    /**
     * Publishers on real threads, and readers that copy like lanes: in order, once, and at the end nothing is missing.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 3, 64})
    void aConcurrentReaderEndsWithTheLatestEventOfEachKey(int ring) throws Exception {
        Hub hub = Hub.builder().historyEvents(ring).conflate("p").build();
        hub.publish("p", Event.builder().key("k0").data("0").build());
        TopicLog log = Objects.requireNonNull(HubTestAccess.log(hub)
                        .locked(() -> HubTestAccess.log(hub).topics().find("p")))
                .log;
        AtomicBoolean stop = new AtomicBoolean();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread[] readers = new Thread[2];
        for (int r = 0; r < readers.length; r++) {
            readers[r] = new Thread(() -> {
                try {
                    readUntilTheEnd(hub, log, stop);
                } catch (Throwable t) {
                    failure.set(t);
                }
            });
            readers[r].start();
        }
        Thread[] publishers = new Thread[2];
        for (int p = 0; p < publishers.length; p++) {
            Random random = new Random(ring * 31L + p);
            publishers[p] = new Thread(() -> {
                for (int i = 0; i < 20_000 && failure.get() == null; i++) {
                    String key = "k" + random.nextInt(40);
                    hub.publish("p", Event.builder().key(key).data("x").build());
                }
            });
            publishers[p].start();
        }
        for (Thread publisher : publishers) {
            publisher.join();
        }
        stop.set(true);
        for (Thread reader : readers) {
            reader.join();
        }
        assertThat(failure.get()).isNull();
        hub.close();
    }

    private static void readUntilTheEnd(Hub hub, TopicLog log, AtomicBoolean stop) {
        Entries into = new Entries();
        Map<String, Long> seen = new HashMap<>();
        long after = 0;
        for (boolean last = false; ; ) {
            boolean stopped = stop.get(); // read before the head, so the last copy is complete
            long head = HubTestAccess.log(hub).head();
            into.clear();
            TopicLog.Copied copied = log.copy(after, head, 500, into);
            if (log.lostPosition() != 0) {
                throw new AssertionError("lost " + log.lostPosition());
            }
            for (int i = 0; i < into.size(); i++) {
                LogEntry entry = into.get(i);
                if (entry.position <= after || entry.position > head) {
                    throw new AssertionError(entry.position + " follows " + after + ", the head is " + head);
                }
                after = entry.position;
                seen.put(entry.key(), after);
            }
            if (copied != TopicLog.Copied.UP_TO_ROOM) {
                after = head;
                last = stopped;
            }
            if (last) {
                break;
            }
        }
        Map<String, Long> latest = new HashMap<>();
        for (LogEntry entry : LogAssertions.kept(log)) {
            latest.put(entry.key(), entry.position);
        }
        assertThat(seen).isEqualTo(latest);
    }
}
