package io.sluice.sse.examples.server;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import io.sluice.sse.Event;
import io.sluice.sse.RejectionCounts;
import io.sluice.sse.backplane.BackplaneException;
import io.sluice.sse.history.HistoryException;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.HttpRoute;
import io.sluice.sse.netty.HttpStatusException;
import io.sluice.sse.netty.Rate;
import io.sluice.sse.netty.RouteResponse;
import io.sluice.sse.netty.SseRequest;
import io.sluice.sse.netty.SseServerBuilder;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Published;
import io.sluice.sse.topic.TopicEndedException;
import io.sluice.sse.topic.TopicLimitException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /publish/{topic}}: the body is the data of the event, and the query has the other fields. More topics
 * come as {@code ?topic=}; the event then is one event of all of them. If the content type is that of a batch, the body
 * is an array of events that are published next to each other, all or none.
 */
final class PublishRoute {

    private static final String BATCH = "application/vnd.sluice.batch+json";
    private static final Set<String> FIELDS = Set.of("topic", "event", "id", "key", "retry", "data", "last");

    /** A body up to this size is worked off by the event loop that has read it. */
    private static final int SMALL_BYTES = 16 * 1024;

    /**
     * Retry-After when the topic limit is reached. A topic is removed when its last event expires, but the time is
     * unknown.
     */
    private static final Duration TOPICS_FULL = Duration.ofSeconds(10);

    private final Hub hub;
    private final ToIntFunction<List<String>> subscribers;

    PublishRoute(Hub hub) {
        this(hub, hub::subscribers);
    }

    /** @param subscribers how many distinct sinks subscribe to topics */
    PublishRoute(Hub hub, ToIntFunction<List<String>> subscribers) {
        this.hub = hub;
        this.subscribers = subscribers;
    }

    /**
     * @param rate how often one address may publish, or null
     * @param ratePerUser how often one principal may publish, or null
     */
    void addTo(SseServerBuilder server, @Nullable Rate rate, @Nullable Rate ratePerUser) {
        HttpRoute route = this::publish;
        HttpRoute limited = ratePerUser == null ? route : route.limitedToPrincipal(ratePerUser);
        server.route("POST", "/publish/**", rate == null ? limited : limited.limitedTo(rate));
    }

    void warmUp() {
        Json.response(json -> new Result("", "", 0, false).writeTo(json));
        Json.read("[]");
    }

    private record Result(String id, String topic, int subscribers, boolean duplicate) {
        void writeTo(JsonGenerator json) throws IOException {
            json.writeStartObject();
            json.writeStringField("id", id);
            json.writeStringField("topic", topic);
            json.writeNumberField("subscribers", subscribers);
            if (duplicate) {
                json.writeBooleanField("duplicate", true);
            }
            json.writeEndObject();
        }
    }

    private CompletionStage<RouteResponse> publish(SseRequest request) {
        if (request.body().length <= SMALL_BYTES) {
            return publish(request, Runnable::run);
        }
        request.checkTextBody();
        if (!mediaType(request).equals(BATCH)) {
            topics(request).forEach(request::topicToPublish); // now: only permitted clients may make others wait
        }
        return request.handleLater(executor -> publish(request, executor));
    }

    /** @param executor writes the response, which is as large as the batch */
    private CompletionStage<RouteResponse> publish(SseRequest request, Executor executor) {
        request.checkTextBody();
        String type = mediaType(request);
        if (type.startsWith("multipart/")) {
            throw HttpStatusException.of(415, "a multipart body is not an event; send the data as the body");
        }
        boolean batch = type.equals(BATCH);
        List<String> topics = topics(request);
        if (!batch && topics.isEmpty()) {
            throw HttpStatusException.of(400, "no topic: POST /publish/{topic}, or a batch as " + BATCH);
        }
        List<Publication> publications = publications(request, topics, batch);
        return publish(publications)
                .handleAsync(
                        (published, failure) -> {
                            if (failure != null) {
                                throw exceptionOf(failure);
                            }
                            return response(publications, published, batch);
                        },
                        executor);
    }

    private RouteResponse response(List<Publication> publications, List<Published> published, boolean batch) {
        return Json.response(json -> {
            if (batch) {
                json.writeStartArray();
            }
            // Counting locks the hub and may visit each sink, and a batch may have many events of one topic.
            Map<List<String>, Integer> counts = new HashMap<>();
            for (int i = 0; i < published.size(); i++) {
                Published one = published.get(i);
                // A duplicate has reached the subscribers of the earlier event, which may have another topic.
                List<String> topics = one.duplicate()
                        ? List.of(one.topic())
                        : publications.get(i).topics();
                result(one, counts.computeIfAbsent(topics, subscribers::applyAsInt))
                        .writeTo(json);
            }
            if (batch) {
                json.writeEndArray();
            }
        });
    }

    /** The topic of the path, if it has one, and then those of the query. */
    private static List<String> topics(SseRequest request) {
        List<String> more = request.queryAll("topic");
        if (request.path().equals("/publish")) {
            return more;
        }
        List<String> topics = new ArrayList<>(1 + more.size());
        topics.add(request.subPath());
        topics.addAll(more);
        return topics;
    }

    /**
     * Every argument that is checked here comes from the request: topics, ids, names and the form of a batch. So the
     * message of a failed check is for the client.
     */
    private static List<Publication> publications(SseRequest request, List<String> topics, boolean batch) {
        try {
            List<Publication> publications = batch ? batch(request, topics) : List.of(single(request, topics));
            // Wherever in the request a topic is: the client must be allowed to publish to it.
            publications.forEach(publication -> publication.topics().forEach(request::topicToPublish));
            return publications;
        } catch (IllegalArgumentException e) {
            throw HttpStatusException.of(400, String.valueOf(e.getMessage()));
        }
    }

    /** The hub checks the rest: ids that it would use itself, and topics that end. */
    private CompletionStage<List<Published>> publish(List<Publication> publications) {
        try {
            return hub.publishAll(publications);
        } catch (IllegalArgumentException e) {
            throw HttpStatusException.of(400, String.valueOf(e.getMessage()));
        }
    }

    private static String mediaType(SseRequest request) {
        String type = request.header("content-type");
        if (type == null) {
            return "";
        }
        int parameters = type.indexOf(';');
        return (parameters < 0 ? type : type.substring(0, parameters)).strip().toLowerCase(Locale.ROOT);
    }

    private static Result result(Published published, int subscribers) {
        return new Result(published.id(), published.topic(), subscribers, published.duplicate());
    }

    private static RuntimeException exceptionOf(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof TopicLimitException) {
            return HttpStatusException.limit(
                    RejectionCounts.Kind.TOPICS, 429, String.valueOf(cause.getMessage()), TOPICS_FULL);
        }
        if (cause instanceof TopicEndedException) {
            return HttpStatusException.of(409, String.valueOf(cause.getMessage()));
        }
        if (cause instanceof HistoryException) {
            // The cause is in the log only, because it may contain file names.
            return HttpStatusException.of(503, "the history does not accept events at the moment", "Retry-After", "5");
        }
        if (cause instanceof BackplaneException backplane) {
            if (backplane.isTooLarge()) {
                return HttpStatusException.of(413, String.valueOf(backplane.getMessage()));
            }
            String detail = backplane.isOutcomeUnknown()
                    ? "it is not known whether the event was published"
                    : "the backplane does not accept events at the moment";
            return HttpStatusException.of(503, detail, "Retry-After", "1");
        }
        if (cause instanceof IllegalArgumentException) { // found out when the event had its place
            return HttpStatusException.of(400, String.valueOf(cause.getMessage()));
        }
        return cause instanceof RuntimeException runtime ? runtime : new CompletionException(cause);
    }

    // ---- one event

    private static Publication single(SseRequest request, List<String> topics) {
        Event.Builder event = Event.builder().data(request.bodyText());
        fields(event, request.query("event"), request.query("id"), request.query("key"), request.query("retry"));
        Publication publication = Publication.of(event.build(), topics);
        return isLast(request.query("last")) ? publication.asLast() : publication;
    }

    private static boolean isLast(@Nullable String last) {
        if (last == null || last.equals("0")) {
            return false;
        }
        if (!last.equals("1")) {
            throw new IllegalArgumentException("last: \"" + last + "\" (expected: 1 or 0)");
        }
        return true;
    }

    private static void fields(
            Event.Builder event,
            @Nullable String name,
            @Nullable String id,
            @Nullable String key,
            @Nullable String retry) {
        if (name != null) {
            event.name(name);
        }
        if (id != null) {
            event.id(id);
        }
        if (key != null) {
            event.key(key);
        }
        if (retry != null) {
            event.retry(millis(retry));
        }
    }

    /** Digits only, as on the wire. */
    private static Duration millis(String retry) {
        if (!retry.matches("[0-9]{1,18}")) {
            throw new IllegalArgumentException("retry: \"" + retry + "\" (expected: a number of milliseconds)");
        }
        return Duration.ofMillis(Long.parseLong(retry));
    }

    // ---- a batch

    private static List<Publication> batch(SseRequest request, List<String> topics) {
        JsonNode array = Json.read(request.bodyText());
        if (!array.isArray()) {
            throw new IllegalArgumentException("batch: not an array (expected: a JSON array of events)");
        }
        // The hub has this bound too. Here it is checked before there is an object for each event.
        long appends = (long) array.size() * Math.max(1, topics.size());
        if (appends > Hub.MAX_BATCH) {
            throw HttpStatusException.of(
                    413,
                    "batch: " + array.size() + " events to " + topics.size()
                            + " topics of the address (expected: at most " + Hub.MAX_BATCH + " events times topics)");
        }
        List<Publication> publications = new ArrayList<>(array.size());
        for (JsonNode item : array) {
            try {
                publications.add(item(item, topics));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "event " + publications.size() + " of the batch: " + e.getMessage(), e);
            }
        }
        return publications;
    }

    private static Publication item(JsonNode item, List<String> topicsOfAddress) {
        if (!item.isObject()) {
            throw new IllegalArgumentException("an event is a JSON object");
        }
        item.fieldNames().forEachRemaining(field -> {
            if (!FIELDS.contains(field)) {
                throw new IllegalArgumentException("there is no field \"" + field + "\"");
            }
        });
        JsonNode data = item.get("data");
        if (data == null) {
            throw new IllegalArgumentException("it has no data");
        }
        Event.Builder event = Event.builder().data(scalar(data.isTextual() ? data.textValue() : Json.write(data)));
        JsonNode retry = item.get("retry");
        if (retry != null && !retry.isNull() && !retry.isIntegralNumber()) {
            throw new IllegalArgumentException("retry: " + retry + " (expected: a number of milliseconds)");
        }
        fields(
                event,
                text(item, "event"),
                text(item, "id"),
                text(item, "key"),
                retry == null || retry.isNull() ? null : retry.asText());
        String topic = text(item, "topic");
        Publication publication = Publication.of(event.build(), topic == null ? topicsOfAddress : List.of(topic));
        JsonNode last = item.get("last");
        if (last != null && !last.isNull() && !last.isBoolean()) {
            throw new IllegalArgumentException("last: " + last + " (expected: true or false)");
        }
        return last != null && last.booleanValue() ? publication.asLast() : publication;
    }

    /** JSON can encode an unpaired surrogate but UTF-8 cannot, so the client would receive other data. */
    private static String scalar(String data) {
        for (int i = 0, codePoint; i < data.length(); i += Character.charCount(codePoint)) {
            codePoint = data.codePointAt(i);
            if (Character.getType(codePoint) == Character.SURROGATE) {
                throw new IllegalArgumentException(
                        "its data has a surrogate without its other half, at index %d: \\u%04x, which is not UTF-8"
                                .formatted(i, codePoint));
            }
        }
        return data;
    }

    private static @Nullable String text(JsonNode item, String field) {
        JsonNode value = item.get(field);
        if (value == null || value.isNull()) {
            return null;
        }
        if (!value.isTextual()) {
            throw new IllegalArgumentException(field + ": " + value.getNodeType() + " (expected: a string)");
        }
        return value.textValue();
    }
}
