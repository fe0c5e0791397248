package io.sluice.sse.netty;

import io.sluice.sse.topic.Selector;
import java.util.ArrayList;
import java.util.List;

/** Implements {@link StreamRoute#topics}. The result depends on nothing but the request. */
final class TopicsRoute implements StreamRoute {

    static final StreamRoute INSTANCE = new TopicsRoute();

    private TopicsRoute() {}

    @Override
    public SseStream open(SseRequest request) {
        List<String> terms = new ArrayList<>(request.queryAll("topic"));
        if (!request.subPath().isEmpty()) {
            terms.add(0, request.subPath());
        }
        Selector selector = request.selector(terms);
        return SseStream.of(wantsEnvelope(request) ? selector.withEnvelope() : selector, StreamRoute.startOf(request));
    }

    @Override
    public void check(SseRequest request) {
        open(request); // it has no side effects
    }

    private static boolean wantsEnvelope(SseRequest request) {
        String envelope = request.query("envelope");
        if (envelope == null || envelope.equals("0")) {
            return false;
        }
        if (!envelope.equals("1")) {
            throw HttpStatusException.of(400, "envelope: \"" + envelope + "\" (expected: 1 or 0)");
        }
        return true;
    }
}
