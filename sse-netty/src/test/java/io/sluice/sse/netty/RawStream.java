package io.sluice.sse.netty;

import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.test.SseResponse;
import java.util.List;

/** The response of the test kit, with its lists as fields, which grow while the client reads. */
final class RawStream extends SseResponse {

    final List<ReceivedEvent> events = events();
    final List<String> comments = comments();
    final List<Long> retries = retries();
    final List<String> ids = ids();
    final List<Integer> chunks = chunks();

    /** The head as received, including the empty line. */
    String rawHead() {
        return head();
    }
}
