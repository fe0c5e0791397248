package io.sluice.sse.examples.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class NewestWorkTest {

    @Test
    void theOldestEndedWorkIsForgottenAndWorkThatRunsStays() {
        Map<String, Boolean> ended = NewestWork.map(3, hasEnded -> hasEnded);
        ended.put("a", false);
        ended.put("b", true);
        ended.put("c", true);
        ended.put("d", false);
        assertThat(ended).containsOnlyKeys("a", "c", "d");
        ended.put("e", false);
        assertThat(ended).containsOnlyKeys("a", "d", "e");
        ended.put("f", false);
        assertThat(ended).as("all of them run").containsOnlyKeys("a", "d", "e", "f");
    }
}
