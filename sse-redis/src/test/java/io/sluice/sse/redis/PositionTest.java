package io.sluice.sse.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.backplane.Backplane;
import org.junit.jupiter.api.Test;

class PositionTest {

    /**
     * A client that comes from a node that has noticed a new epoch waits for a node that has not. It got everything
     * that the other node still had once more, after a gap.
     */
    @Test
    void aPositionOfANextEpochIsAheadOfANodeThatHasNotNoticedIt() {
        long head = Position.of(7, 1000);
        assertThat(Position.isAhead(Position.of(7, 1001), head)).isTrue();
        assertThat(Position.isAhead(Position.of(7, 1000 + Backplane.MAX_AHEAD), head))
                .isTrue();
        assertThat(Position.isAhead(Position.of(7, 1001 + Backplane.MAX_AHEAD), head))
                .isFalse();
        assertThat(Position.isAhead(Position.of(8, 0), head)).isTrue();
        assertThat(Position.isAhead(Position.of(8, 5), head)).isTrue();
        assertThat(Position.isAhead(Position.of(23, 5), head)).isTrue();
        assertThat(Position.isAhead(Position.of(24, 5), head))
                .as("no node is so far")
                .isFalse();
        assertThat(Position.isAhead(Position.of(8, Backplane.MAX_AHEAD + 1), head))
                .isFalse();
    }
}
