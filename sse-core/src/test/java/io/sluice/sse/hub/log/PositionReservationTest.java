package io.sluice.sse.hub.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.sse.history.HistoryException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PositionReservationTest {

    private final List<Long> reserved = new ArrayList<>();
    private final PositionReservation reservation = new PositionReservation(reserved::add);

    @Test
    void theFirstBlockFollowsTheHead() {
        assertThat(reservation.covers(1)).as("before the start").isFalse();
        reservation.start(10);
        assertThat(reserved).containsExactly(10 + PositionReservation.BLOCK);
        assertThat(reservation.covers(10 + PositionReservation.BLOCK)).isTrue();
        assertThat(reservation.covers(11 + PositionReservation.BLOCK)).isFalse();
    }

    @Test
    void theNextBlockIsReservedWhenLessThanHalfABlockIsLeft() {
        reservation.start(0);
        long half = PositionReservation.BLOCK / 2;
        reservation.extendIfLow(half);
        assertThat(reserved).hasSize(1);
        reservation.extendIfLow(half + 1);
        assertThat(reserved).containsExactly(PositionReservation.BLOCK, half + 1 + PositionReservation.BLOCK);
        assertThat(reservation.covers(half + 1 + PositionReservation.BLOCK)).isTrue();
    }

    @Test
    void positionsThatCannotBeReservedAreNotUsed() {
        PositionReservation failing = new PositionReservation(position -> {
            throw new HistoryException("a test makes it fail", null);
        });
        assertThatThrownBy(() -> failing.start(0)).isInstanceOf(HistoryException.class);
        assertThat(failing.covers(1)).isFalse();
    }
}
