package io.sluice.sse.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SectionTest {

    @Test
    void onlyTheTextBetweenItsCommentsIsReplaced() {
        String page = "# Title\n\n<!-- figures: begin -->\nold\n<!-- figures: end -->\n\nBy hand.\n";
        assertThat(Section.replace(page, "figures", "new\n"))
                .isEqualTo("# Title\n\n<!-- figures: begin -->\nnew\n<!-- figures: end -->\n\nBy hand.\n");
    }

    @Test
    void aPageWithoutTheSectionGetsItAtTheEnd() {
        assertThat(Section.replace("By hand.", "figures", "new"))
                .isEqualTo("By hand.\n<!-- figures: begin -->\nnew\n<!-- figures: end -->\n");
        assertThat(Section.replace("", "steps", "new")).isEqualTo("<!-- steps: begin -->\nnew\n<!-- steps: end -->\n");
    }
}
