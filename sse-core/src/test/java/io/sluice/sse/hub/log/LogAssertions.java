package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubTestAccess;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/** What must hold for the log of a hub after every test. */
public final class LogAssertions {

    private LogAssertions() {}

    /** The rings are valid, and the sums of the log are the sums of its rings. */
    public static void assertValid(Hub hub) {
        HubLog log = HubTestAccess.log(hub);
        log.locked(() -> {
            long events = 0;
            long bytes = 0;
            Map<SharedEvent, Integer> shared = new IdentityHashMap<>();
            for (Topic topic : log.topics().all()) {
                topic.log.assertValid();
                boolean hasHistory = topic.log instanceof StoredLog;
                events += hasHistory ? topic.log.size() : topic.log.keptEvents();
                bytes += hasHistory ? topic.log.bytes() : topic.log.keptBytes();
                List<Long> positions = new ArrayList<>();
                for (LogEntry entry : kept(topic.log)) {
                    positions.add(entry.position);
                    if (entry.shared() != null) {
                        shared.merge(entry.shared(), 0, (before, ignored) -> before + entry.wire.length);
                    }
                }
                Collections.reverse(positions);
                List<Long> cheaply = new ArrayList<>();
                topic.log.forEachNewestPosition(cheaply::add);
                assertThat(cheaply.equals(positions))
                        .as("positions of %s", topic.name)
                        .isTrue();
            }
            bytes -= shared.values().stream().mapToInt(Integer::intValue).sum();
            assertThat(log.bounds().totalEvents()).isEqualTo(events);
            assertThat(log.bounds().totalBytes()).isEqualTo(bytes);
            return null;
        });
    }

    /** The kept entries, the oldest first, as a reader gets them. */
    public static List<LogEntry> kept(TopicLog log) {
        Entries entries = new Entries();
        log.copy(0, Long.MAX_VALUE, Integer.MAX_VALUE, entries);
        return IntStream.range(0, entries.size()).mapToObj(entries::get).toList();
    }

    /** The topic with this name, which exists. */
    static Topic topic(Hub hub, String name) {
        HubLog log = HubTestAccess.log(hub);
        return Objects.requireNonNull(log.locked(() -> log.topics().find(name)));
    }

    /** The bytes of all topics together. */
    static long totalBytes(Hub hub) {
        HubLog log = HubTestAccess.log(hub);
        return log.locked(() -> log.bounds().totalBytes());
    }

    /** The ring of a topic is valid. Called under the hub's lock. */
    public static void assertValid(Topic topic) {
        topic.log.assertValid();
    }

    /** No lane is subscribed to a topic any more. */
    public static void assertNoListeners(Hub hub) {
        HubLog log = HubTestAccess.log(hub);
        log.locked(() -> {
            for (Topic topic : log.topics().all()) {
                assertThat(topic.firstListener()).as("listeners of %s", topic).isNull();
            }
            return null;
        });
    }
}
