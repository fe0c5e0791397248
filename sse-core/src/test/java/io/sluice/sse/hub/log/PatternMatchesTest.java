package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.topic.TopicLimitException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The bounds on how many topics the patterns of streams include. */
class PatternMatchesTest {

    private static final int TOPICS = 1_000;
    private static final int OF_A_STREAM = TOPICS + PatternMatches.MAX_OVERLAP;

    private long nowNanos;
    private final PatternMatches matches = new PatternMatches(1_000_000, () -> nowNanos);

    /** How many topics the patterns of a new stream may include. */
    private int accepted() {
        matches.beginStream(TOPICS);
        for (int i = 0; ; i++) {
            try {
                matches.requireRoom();
            } catch (TopicLimitException e) {
                return i;
            }
        }
    }

    @Test
    void largeNewPatternsHaveARateAndSmallOnesAreAlwaysAccepted() {
        assertThat(accepted()).isEqualTo(OF_A_STREAM);
        assertThat(accepted()).isEqualTo(OF_A_STREAM);
        assertThat(accepted()).as("others have used it up").isEqualTo(PatternMatches.SMALL);
        for (int i = 0; i < 1_000; i++) {
            nowNanos += TimeUnit.MICROSECONDS.toNanos(1_000);
            matches.beginStream(TOPICS);
        }
        int first = accepted();
        assertThat(first).isEqualTo(OF_A_STREAM);
        assertThat(accepted()).isEqualTo((int) (PatternMatches.PER_SECOND - first) + PatternMatches.SMALL);
    }
}
