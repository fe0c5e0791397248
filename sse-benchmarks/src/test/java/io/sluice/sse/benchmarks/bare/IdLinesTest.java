package io.sluice.sse.benchmarks.bare;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class IdLinesTest {

    private static final int EVENTS = 100;
    /** The part of an id of Sluice that counts. */
    private static final int COUNTING = 11;

    @Test
    void theLinesAreAsLongAsThoseOfSluiceAndCountAlike() {
        List<String> ofSluice = idsOfSluice();
        List<String> lines = lines();
        assertThat(lines).hasSameSizeAs(ofSluice);
        for (int i = 0; i < EVENTS; i++) {
            String id = ofSluice.get(i);
            assertThat(lines.get(i)).startsWith("id: ").hasSize("id: ".length() + id.length());
            assertThat(number(lines.get(i)) - number(lines.get(0))).isEqualTo(number(id) - number(ofSluice.get(0)));
            assertThat(constant(lines.get(i))).isEqualTo(constant(lines.get(0)));
            assertThat(constant(id)).isEqualTo(constant(ofSluice.get(0)));
        }
    }

    private static List<String> idsOfSluice() {
        List<String> ids = new ArrayList<>();
        try (Hub hub = Hub.builder().build()) {
            for (int i = 0; i < EVENTS; i++) {
                ids.add(hub.publish("t", Event.of("x"))
                        .toCompletableFuture()
                        .join()
                        .id());
            }
        }
        return ids;
    }

    private static List<String> lines() {
        ByteBuf events = Unpooled.buffer();
        IdLines ids = new IdLines();
        for (int i = 0; i < EVENTS; i++) {
            ids.writeTo(events);
        }
        return events.toString(StandardCharsets.US_ASCII).lines().toList();
    }

    private static long number(String id) {
        return Long.parseLong(id.substring(id.length() - COUNTING), 32);
    }

    private static String constant(String id) {
        return id.substring(0, id.length() - COUNTING);
    }
}
