package io.sluice.sse.examples.server;

import com.fasterxml.jackson.databind.JsonNode;
import io.sluice.sse.netty.HttpStatusException;
import io.sluice.sse.netty.SseRequest;
import io.sluice.sse.netty.SseServerBuilder;
import io.sluice.sse.netty.SseStream;
import io.sluice.sse.netty.StreamRoute;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code /events}: a GET names its topics in its address, as {@link StreamRoute#anyTopics} reads them. A POST or a
 * QUERY names them in a JSON body: {@code {"topics": [...], "lastEventId": "...", "replay": N, "envelope": true}}.
 */
final class EventsRoute implements StreamRoute {

    private static final Set<String> FIELDS = Set.of("topics", "lastEventId", "replay", "envelope");

    static void addTo(SseServerBuilder server, ServerAccess access) {
        StreamRoute byAddress = access.streams(StreamRoute.anyTopics()); // what the contract of the server promises
        server.streams("/events/**", byAddress)
                .streams("/events", byAddress)
                .streams("/events", access.streams(new EventsRoute()), "POST", "QUERY");
    }

    @Override
    public SseStream open(SseRequest request) {
        JsonNode body;
        try {
            body = Json.read(request.bodyText());
        } catch (IllegalArgumentException e) {
            throw HttpStatusException.of(400, String.valueOf(e.getMessage()));
        }
        if (!body.isObject()) {
            throw wrong("the body", body, "an object with topics");
        }
        body.fieldNames().forEachRemaining(field -> {
            if (!FIELDS.contains(field)) {
                throw HttpStatusException.of(400, "there is no field \"" + field + "\"");
            }
        });
        Selector selector = request.selector(topics(body.get("topics")));
        return SseStream.of(
                isEnveloped(body.get("envelope")) ? selector.withEnvelope() : selector, start(request, body));
    }

    @Override
    public void check(SseRequest request) {
        open(request); // it has no side effects
    }

    private static List<String> topics(@Nullable JsonNode topics) {
        if (topics == null || !topics.isArray()) {
            throw wrong("topics", topics, "an array of names and patterns");
        }
        List<String> terms = new ArrayList<>(topics.size());
        for (JsonNode topic : topics) {
            if (!topic.isTextual()) {
                throw wrong("topics", topic, "strings");
            }
            terms.add(topic.textValue());
        }
        return terms;
    }

    private static boolean isEnveloped(@Nullable JsonNode envelope) {
        if (envelope != null && !envelope.isNull() && !envelope.isBoolean()) {
            throw wrong("envelope", envelope, "true or false");
        }
        return envelope != null && envelope.booleanValue();
    }

    /** The header wins over the body, as it wins over the address of a GET. */
    private static StartPosition start(SseRequest request, JsonNode body) {
        JsonNode id = body.get("lastEventId");
        if (id != null && !id.isNull() && !id.isTextual()) {
            throw wrong("lastEventId", id, "a string");
        }
        JsonNode replay = body.get("replay");
        boolean hasReplay = replay != null && !replay.isNull();
        if (hasReplay && (!replay.isIntegralNumber() || replay.bigIntegerValue().signum() < 0)) {
            throw wrong("replay", replay, "a whole number, 0 or more");
        }
        String header = request.lastEventId();
        if (header != null) {
            return StartPosition.after(header);
        }
        if (id != null && !id.isNull() && !id.textValue().isEmpty()) {
            return StartPosition.after(id.textValue());
        }
        return hasReplay
                ? StartPosition.replay(replay.canConvertToInt() ? replay.intValue() : StartPosition.MAX_REPLAY)
                : StartPosition.live();
    }

    private static HttpStatusException wrong(String field, @Nullable JsonNode value, String expected) {
        return HttpStatusException.of(
                400,
                field + ": " + (value == null ? "missing" : value.getNodeType()) + " (expected: " + expected + ")");
    }
}
