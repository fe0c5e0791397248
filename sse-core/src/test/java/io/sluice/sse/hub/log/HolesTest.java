package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubTestAccess;
import org.junit.jupiter.api.Test;

/** Where a client that is served from a backplane gets the gaps of holes. */
class HolesTest {

    @Test
    void aClientIsServedUpToAHoleAndAfterIt() {
        Holes holes = Holes.NONE.with(20, 25).with(10, 12);
        assertThat(holes.limitAfter(0)).isEqualTo(10);
        assertThat(holes.after(9)).isEqualTo(9);
        assertThat(holes.after(10)).isEqualTo(12);
        assertThat(holes.limitAfter(11)).isEqualTo(11);
        assertThat(holes.after(11)).isEqualTo(12);
        assertThat(holes.limitAfter(12)).isEqualTo(20);
        assertThat(holes.after(20)).isEqualTo(25);
        assertThat(holes.limitAfter(25)).isEqualTo(Long.MAX_VALUE);
        assertThat(holes.after(30)).isEqualTo(30);
    }

    @Test
    void holesThatTouchAreOne() {
        Holes holes = Holes.NONE.with(10, 12).with(20, 22).with(30, 32).with(12, 21);
        assertThat(holes.after(10)).isEqualTo(22);
        assertThat(holes.limitAfter(22)).isEqualTo(30);
        assertThat(holes.with(5, 40).after(5)).isEqualTo(40);
        assertThat(holes.with(31, 31).after(30)).isEqualTo(32);
    }

    @Test
    void theOldestHolesAreMergedAndAClientBeforeThemGetsItsGapAtOnce() {
        Holes holes = Holes.NONE;
        for (int i = 1; i <= Holes.MAX_HOLES + 2; i++) {
            holes = holes.with(10L * i, 10L * i + 1);
        }
        assertThat(holes.limitAfter(5)).isEqualTo(5);
        assertThat(holes.after(5)).isEqualTo(31);
        assertThat(holes.limitAfter(31)).isEqualTo(40);
        assertThat(Holes.NONE.limitAfter(0)).isEqualTo(Long.MAX_VALUE);
    }

    /** Otherwise old holes would take the places of new ones, and clients before new ones would get their gap early. */
    @Test
    void holesBelowTheTrimmedPositionAreDropped() {
        Holes holes = Holes.NONE;
        for (int i = 1; i <= 10 * Holes.MAX_HOLES; i++) {
            holes = holes.with(10L * i, 10L * i + 1).withoutThoseUpTo(10L * i - 15);
            assertThat(holes.count()).isLessThanOrEqualTo(3);
        }
        assertThat(holes.withoutThoseUpTo(10L * 10 * Holes.MAX_HOLES + 1).limitAfter(0))
                .isEqualTo(Long.MAX_VALUE);
        assertThat(Holes.NONE.with(10, 20).withoutThoseUpTo(15).after(16)).isEqualTo(20);
    }

    @Test
    void aTrimOfTheBackplaneDropsTheHolesOfTheHub() {
        LogOptions own = HubTestAccess.logOptions(Hub.builder());
        HubLog log =
                new HubLog(new LogOptions(own.retention(), own.topics(), own.conflation(), own.clocks(), null, true));
        log.addHole(10, 12);
        log.addHole(20, 22);
        log.trimmed(15, 0);
        assertThat(log.limitBeforeHole(5)).isEqualTo(20);
    }
}
