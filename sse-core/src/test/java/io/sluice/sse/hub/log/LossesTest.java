package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Where a client gets the gaps of losses. */
class LossesTest {

    @Test
    void eachLossIsAPlaceAndAClientGoesUpToIt() {
        Losses losses = Losses.NONE.with(10, 1).with(20, 2).with(20, 3);
        assertThat(losses.last()).isEqualTo(20);
        assertThat(losses.limitAfter(0)).isEqualTo(9);
        assertThat(losses.limitAfter(9)).isEqualTo(9);
        assertThat(losses.after(9)).isEqualTo(10);
        assertThat(losses.limitAfter(10)).isEqualTo(19);
        assertThat(losses.limitAfter(20)).isEqualTo(Long.MAX_VALUE);
        assertThat(losses.after(25)).isEqualTo(25);
    }

    @Test
    void aHubWithoutLossesHasNoLimit() {
        assertThat(Losses.NONE.last()).isZero();
        assertThat(Losses.NONE.limitAfter(0)).isEqualTo(Long.MAX_VALUE);
        assertThat(Losses.NONE.isLostSince(Long.MIN_VALUE)).isFalse();
    }

    @Test
    void manyLossesAreMergedAndAClientBeforeThemGetsItsGapAtOnce() {
        Losses losses = Losses.NONE;
        for (int i = 1; i <= Losses.MAX_POSITIONS + 2; i++) {
            losses = losses.with(10L * i, i);
        }
        assertThat(losses.limitAfter(5)).isEqualTo(5);
        assertThat(losses.after(5)).isEqualTo(20);
        assertThat(losses.limitAfter(20)).isEqualTo(29);
        assertThat(losses.isLostSince(Losses.MAX_POSITIONS + 2)).isTrue();
        assertThat(losses.isLostSince(Losses.MAX_POSITIONS + 3)).isFalse();
    }

    @Test
    void onlyAClientFromBeforeTheSequenceBeganMissesItsBegin() {
        Losses losses = Losses.NONE.begunAfter(100);
        assertThat(losses.last()).isEqualTo(100);
        assertThat(losses.limitAfter(0)).isZero();
        assertThat(losses.after(0)).isEqualTo(100);
        assertThat(losses.limitAfter(1)).isEqualTo(Long.MAX_VALUE);
        assertThat(losses.after(1)).isEqualTo(1);
        assertThat(losses.isLostSince(Long.MIN_VALUE)).isFalse();
        assertThat(losses.with(200, 1).limitAfter(50)).isEqualTo(199);
    }
}
