package io.sluice.sse.redis;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PageSizeTest {

    private final PageSize size = new PageSize(PageSize.BYTES);

    @Test
    void smallEntriesAreReadInLargePages() {
        for (int i = 0; i < 10; i++) {
            size.read(size.entries(), size.entries() * 100L);
        }
        assertThat(size.entries()).isEqualTo(PageSize.MAX);
    }

    @Test
    void aPageOfLargeEntriesHasFewOfThem() {
        size.read(16, 16 * (1L << 20));
        assertThat(size.entries()).isEqualTo(4);
        size.read(4, 4 * (100L << 20));
        assertThat(size.entries()).isEqualTo(1);
    }

    @Test
    void aPageDoublesAndShrinksAfterAFailure() {
        size.read(16, 16);
        assertThat(size.entries()).isEqualTo(2 * PageSize.FIRST);
        size.failed();
        assertThat(size.entries()).isEqualTo(PageSize.FIRST);
        for (int i = 0; i < 10; i++) {
            size.failed();
        }
        assertThat(size.entries()).isEqualTo(1);
    }

    @Test
    void anEmptyPageChangesNothing() {
        size.read(0, 0);
        assertThat(size.entries()).isEqualTo(PageSize.FIRST);
    }
}
