package io.sluice.sse.netty;

import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.TopicPattern;
import java.util.ArrayList;
import java.util.List;

/**
 * Implements {@link StreamRoute#topics} and {@link StreamRoute#anyTopics}. The result depends on nothing but the
 * request.
 */
enum TopicsRoute implements StreamRoute {
    /** The path names the topic. A check of the path then knows every event that the stream may get. */
    ONE_OF_PATH {
        @Override
        List<String> terms(SseRequest request) {
            String topic = request.subPath();
            if (!request.queryAll("topic").isEmpty()) {
                // To ignore it would silently give the client less than it has asked for.
                throw HttpStatusException.of(400, "topic: ?topic= is not read at this path, which names the topic");
            }
            if (topic.isEmpty()) {
                throw HttpStatusException.of(400, "no topic: the path must name one");
            }
            if (TopicPattern.isPattern(topic)) {
                throw HttpStatusException.of(
                        400, "topic \"" + topic + "\": this path is for one topic by its name, not for a pattern");
            }
            return List.of(topic);
        }
    },

    /** The path and the query name topics and patterns. */
    ANY {
        @Override
        List<String> terms(SseRequest request) {
            List<String> terms = new ArrayList<>(request.queryAll("topic"));
            if (!request.subPath().isEmpty()) {
                terms.add(0, request.subPath());
            }
            if (terms.size() > MAX_TERMS) {
                throw HttpStatusException.of(
                        400,
                        terms.size() + " topics and patterns: at most " + MAX_TERMS + " are allowed in one address");
            }
            return terms;
        }
    };

    /** A longer list belongs into a body, see {@link SseServerBuilder#streams(String, StreamRoute, String...)}. */
    private static final int MAX_TERMS = 100;

    abstract List<String> terms(SseRequest request);

    @Override
    public SseStream open(SseRequest request) {
        Selector selector = request.selector(terms(request));
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
