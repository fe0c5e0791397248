package io.sluice.sse.hub.lane;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The reconnection time at the start of each stream. */
class RetryJitterTest {

    @Test
    void withoutJitterTheRetryIsTheOption() {
        try (HubFixture bench = new HubFixture(options -> {}, 1, HubFixture.QUIET.withRetry(Duration.ofMillis(1234)))) {
            for (int i = 0; i < 20; i++) {
                assertThat(bench.live("a").retries()).containsExactly(1234L);
            }
        }
    }

    @Test
    void withJitterEachStreamDrawsItsOwnRetry() {
        LaneOptions options = HubFixture.QUIET.withRetry(Duration.ofSeconds(10)).withRetryJitter(0.2);
        try (HubFixture bench = new HubFixture(hub -> {}, 1, options)) {
            Set<Long> drawn = new HashSet<>();
            for (int i = 0; i < 1000; i++) {
                drawn.addAll(bench.live("a").retries());
            }
            assertThat(drawn).hasSizeGreaterThan(300).allMatch(millis -> millis >= 8000 && millis <= 12_000);
            assertThat(drawn).anyMatch(millis -> millis < 8400).anyMatch(millis -> millis > 11_600);
        }
    }

    @Test
    void withFullJitterNoRetryIsNegativeOrTooLong() {
        LaneOptions options = LaneOptions.DEFAULT.withRetryJitter(1);
        assertThat(options.withRetry(Duration.ZERO).drawRetry()).isZero();
        for (int i = 0; i < 1000; i++) {
            assertThat(options.withRetry(Duration.ofMillis(3)).drawRetry())
                    .isBetween(Duration.ZERO, Duration.ofMillis(6));
        }
        assertThat(options).isNotEqualTo(LaneOptions.DEFAULT).isEqualTo(LaneOptions.DEFAULT.withRetryJitter(1));
    }
}
