package io.sluice.sse.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.sluice.sse.Event;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Writes values as JSON into the data of events, and reads them back, with a Jackson mapper.
 *
 * <p>Thread-safe, as the mapper is once its configuration no longer changes. The mapper may write JSON on several
 * lines: the event format supports this.
 */
public final class JsonEvents {
    private final ObjectMapper mapper;

    private JsonEvents(ObjectMapper mapper) {
        this.mapper = mapper;
    }

    /** Uses the given mapper; it is not copied. */
    public static JsonEvents of(ObjectMapper mapper) {
        return new JsonEvents(Objects.requireNonNull(mapper, "mapper"));
    }

    /**
     * Uses one shared mapper with Jackson's default settings and no modules.
     *
     * @throws IllegalStateException if Jackson is not on the class path
     */
    public static JsonEvents withDefaults() {
        try {
            return Defaults.INSTANCE;
        } catch (LinkageError e) { // Jackson is an optional dependency
            throw new IllegalStateException(
                    "JsonEvents needs Jackson 2: add com.fasterxml.jackson.core:jackson-databind to the class path", e);
        }
    }

    /**
     * Creates an event with this name and the value as data; null is written as JSON {@code null}.
     *
     * @throws IllegalArgumentException if Jackson cannot write the value (the message names its type, the cause is
     *     Jackson's exception), or if the name is not valid, see {@link Event.Builder#name}
     */
    public Event event(String name, @Nullable Object value) {
        return Event.of(name, write(value));
    }

    /**
     * Reads the complete data of an event.
     *
     * @throws IllegalArgumentException if the data is not JSON of that type, is JSON {@code null} and the type has no
     *     value for it, or has more content after the value. The message names the type, the cause is Jackson's
     *     exception
     */
    public <T> T read(String data, Class<T> type) {
        return JsonEvents.<T>read(mapper.readerFor(type), type.getName(), data);
    }

    /**
     * As {@link #read(String, Class)}, for a generic type: {@code new TypeReference<List<Price>>() {}}.
     *
     * @throws IllegalArgumentException as {@link #read(String, Class)}
     */
    public <T> T read(String data, TypeReference<T> type) {
        return JsonEvents.<T>read(mapper.readerFor(type), type.getType().getTypeName(), data);
    }

    ObjectMapper mapper() {
        return mapper;
    }

    static <T> T read(ObjectReader reader, String typeName, String data) {
        return Codec.read(reader, typeName, data);
    }

    private String write(@Nullable Object value) {
        return write(mapper.writer(), value);
    }

    static String write(ObjectWriter writer, @Nullable Object value) {
        return Codec.write(writer, value);
    }

    /**
     * Calls Jackson. A class of its own, because the JVM loads the exceptions that a class catches with that class, and
     * {@link #withDefaults} must be able to report that Jackson is missing.
     */
    private static final class Codec {

        static <T> T read(ObjectReader reader, String typeName, String data) {
            T value;
            try {
                // By default Jackson ignores what follows the first value, but two values in one event are an error of
                // the
                // sender.
                value = reader.with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                        .readValue(data);
            } catch (JsonProcessingException e) {
                throw new IllegalArgumentException(
                        "cannot read JSON as " + typeName + ": " + e.getOriginalMessage(), e);
            }
            if (value == null) {
                throw new IllegalArgumentException("cannot read JSON as " + typeName + ": it is null");
            }
            return value;
        }

        static String write(ObjectWriter writer, @Nullable Object value) {
            try {
                return writer.writeValueAsString(value);
            } catch (JsonProcessingException e) {
                String type = value == null ? "null" : value.getClass().getName();
                throw new IllegalArgumentException("cannot write " + type + " as JSON: " + e.getOriginalMessage(), e);
            }
        }
    }

    private static final class Defaults {
        static final JsonEvents INSTANCE = new JsonEvents(new ObjectMapper());
    }
}
