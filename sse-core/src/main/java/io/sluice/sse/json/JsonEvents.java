package io.sluice.sse.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.topic.TopicName;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Writes values into the data of events as JSON, and reads them back, with a Jackson mapper.
 *
 * <p>Safe for use by several threads, as the mapper is, once nobody configures it any more. Data that Jackson writes on
 * several lines is fine: the format carries lines.
 */
public final class JsonEvents {
    private final ObjectMapper mapper;

    private JsonEvents(ObjectMapper mapper) {
        this.mapper = mapper;
    }

    /** Maps with the given mapper, which is used as it is and not copied. */
    public static JsonEvents of(ObjectMapper mapper) {
        return new JsonEvents(Objects.requireNonNull(mapper, "mapper"));
    }

    /** Maps with one shared mapper that has Jackson's default settings and no modules. */
    public static JsonEvents withDefaults() {
        return Defaults.INSTANCE;
    }

    /**
     * An event of this name with the value as data; null is written as JSON's {@code null}.
     *
     * @throws IllegalArgumentException if Jackson cannot write the value (the message names its type, the cause is
     *     Jackson's), or if the name cannot stand on the wire; no event comes of either
     */
    public Event event(String name, @Nullable Object value) {
        return Event.of(name, write(value));
    }

    /**
     * Reads the data of an event, all of it.
     *
     * @throws IllegalArgumentException if the data is not JSON of that type, is JSON's {@code null} where the type has
     *     no value for it, or goes on behind the value; the message names the type, the cause is Jackson's
     */
    public <T> T read(String data, Class<T> type) {
        return JsonEvents.<T>read(mapper.readerFor(type), type.getName(), data);
    }

    /**
     * As {@link #read(String, Class)}, for a type with parameters: {@code new TypeReference<List<Price>>() {}}.
     *
     * @throws IllegalArgumentException as {@link #read(String, Class)}
     */
    public <T> T read(String data, TypeReference<T> type) {
        return JsonEvents.<T>read(mapper.readerFor(type), type.getType().getTypeName(), data);
    }

    /**
     * A topic whose events carry values of one type.
     *
     * @throws IllegalArgumentException if nothing can be published to a topic of this name
     */
    public <T> TypedTopic<T> topic(Hub hub, String name, Class<T> type) {
        return topic(hub, name, mapper.constructType(type), type.getName());
    }

    /**
     * As {@link #topic(Hub, String, Class)}, for a type with parameters: {@code new TypeReference<List<Price>>() {}}.
     *
     * @throws IllegalArgumentException as {@link #topic(Hub, String, Class)}
     */
    public <T> TypedTopic<T> topic(Hub hub, String name, TypeReference<T> type) {
        return topic(hub, name, mapper.constructType(type), type.getType().getTypeName());
    }

    private <T> TypedTopic<T> topic(Hub hub, String name, JavaType type, String typeName) {
        return new TypedTopic<>(hub, TopicName.check(name), mapper.writerFor(type), mapper.readerFor(type), typeName);
    }

    static <T> T read(ObjectReader reader, String typeName, String data) {
        T value;
        try {
            // Jackson stops behind the first value unless told; two values in one event are a mistake of the sender.
            value = reader.with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).readValue(data);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("cannot read JSON as " + typeName + ": " + e.getOriginalMessage(), e);
        }
        if (value == null) {
            throw new IllegalArgumentException("cannot read JSON as " + typeName + ": it is null");
        }
        return value;
    }

    private String write(@Nullable Object value) {
        return write(mapper.writer(), value);
    }

    static String write(ObjectWriter writer, @Nullable Object value) {
        try {
            return writer.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            String type = value == null ? "null" : value.getClass().getName();
            throw new IllegalArgumentException("cannot write " + type + " as JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static final class Defaults {
        static final JsonEvents INSTANCE = new JsonEvents(new ObjectMapper());
    }
}
