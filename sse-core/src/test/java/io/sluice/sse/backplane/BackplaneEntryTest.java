package io.sluice.sse.backplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BackplaneEntryTest {

    private static Backplane.Entry at(long position) {
        return new Backplane.Entry(position, new Backplane.Change.TopicRemoval("t"), 0, false, null);
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -1, 0, 1, Backplane.MAX_POSITION + 1, Long.MAX_VALUE})
    void aPositionThatNoChangeMayHaveIsRefused(long position) {
        assertThatThrownBy(() -> at(position))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("position: " + position + " (expected: from 2 to " + Backplane.MAX_POSITION + ")");
    }

    @Test
    void thePositionsAtTheEndsAreTaken() {
        assertThat(at(Backplane.MIN_POSITION).position()).isEqualTo(2);
        assertThat(at(Backplane.MAX_POSITION).position()).isEqualTo(Backplane.MAX_POSITION);
    }
}
