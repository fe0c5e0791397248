package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The warm-up request must get a stream and not a rejection. */
class WarmUpTest {

    @Test
    void theWarmUpStreamIsServed() {
        assertThat(WarmUp.serve()).startsWith("HTTP/1.1 200 OK\r\n").contains("text/event-stream");
    }
}
