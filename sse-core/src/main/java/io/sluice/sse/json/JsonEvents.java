package io.sluice.sse.json;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Writes values as JSON into the data of events, and reads them back: with a mapper of Jackson 2, or with functions of
 * any other library, for example of Jackson 3.
 *
 * <p>Thread-safe, as the mapper is once its configuration no longer changes. The mapper may write JSON on several
 * lines: the event format supports this.
 */
public final class JsonEvents {

    /** Writes a value as JSON. Thread-safe. */
    @FunctionalInterface
    public interface Writer {
        String write(@Nullable Object value) throws Exception;
    }

    /** Reads a value from JSON. Thread-safe. */
    @FunctionalInterface
    public interface Reader {
        /** @return a value of the type; null if the JSON is {@code null} */
        @Nullable
        Object read(String json, Class<?> type) throws Exception;
    }

    /** Null if functions are used. */
    private final @Nullable ObjectMapper mapper;

    private final Writer writer;
    private final Reader reader;

    private JsonEvents(@Nullable ObjectMapper mapper, Writer writer, Reader reader) {
        this.mapper = mapper;
        this.writer = writer;
        this.reader = reader;
    }

    /**
     * Uses functions of any JSON library. With a mapper of Jackson 3:
     *
     * <pre>{@code
     * JsonEvents json = JsonEvents.using(mapper::writeValueAsString, mapper::readValue);
     * }</pre>
     *
     * <p>An exception of a function is the cause of an {@link IllegalArgumentException}.
     */
    @CheckReturnValue
    public static JsonEvents using(Writer writer, Reader reader) {
        return new JsonEvents(null, Objects.requireNonNull(writer, "writer"), Objects.requireNonNull(reader, "reader"));
    }

    /** Uses the given mapper; it is not copied. */
    @CheckReturnValue
    public static JsonEvents of(ObjectMapper mapper) {
        Objects.requireNonNull(mapper, "mapper");
        return new JsonEvents(
                mapper,
                value -> Codec.write(mapper.writer(), value),
                (json, type) -> Codec.read(mapper.readerFor(type), type.getName(), json));
    }

    /**
     * Uses one shared mapper with Jackson's default settings and no modules.
     *
     * @throws IllegalStateException if Jackson is not on the class path
     */
    @CheckReturnValue
    public static JsonEvents withDefaults() {
        try {
            return Defaults.INSTANCE;
        } catch (LinkageError e) { // Jackson is an optional dependency
            throw new IllegalStateException(
                    "JsonEvents needs Jackson 2: add com.fasterxml.jackson.core:jackson-databind to the class path,"
                            + " or pass the functions of another library to JsonEvents.using",
                    e);
        }
    }

    /**
     * Creates an event with this name and the value as data; null is written as JSON {@code null}.
     *
     * @throws IllegalArgumentException if the value cannot be written (the message names its type, the cause is the
     *     library's exception), or if the name is not valid, see {@link Event.Builder#name}
     */
    public Event event(String name, @Nullable Object value) {
        return Event.of(name, write(writer, value));
    }

    /**
     * Reads the complete data of an event.
     *
     * @throws IllegalArgumentException if the data is not JSON of that type, is JSON {@code null} and the type has no
     *     value for it, or has more content after the value. The message names the type, the cause is Jackson's
     *     exception
     */
    public <T> T read(String data, Class<T> type) {
        return JsonEvents.<T>read(reader, type, type.getName(), data);
    }

    /**
     * As {@link #read(String, Class)}, for a generic type: {@code new TypeReference<List<Price>>() {}}.
     *
     * @throws IllegalArgumentException as {@link #read(String, Class)}
     * @throws IllegalStateException if this instance has functions and no mapper
     */
    public <T> T read(String data, TypeReference<T> type) {
        return Codec.<T>read(mapper().readerFor(type), type.getType().getTypeName(), data);
    }

    /**
     * Creates a topic whose events carry values of this type. It is the same as {@link TypedTopic#of(Hub, String,
     * Class, JsonEvents)}, and can be compiled without Jackson 2.
     *
     * @throws IllegalArgumentException if the name is not a valid topic name
     */
    public <T> TypedTopic<T> topic(Hub hub, String name, Class<T> type) {
        return TypedTopic.ofClass(hub, name, type, this);
    }

    boolean hasMapper() {
        return mapper != null;
    }

    ObjectMapper mapper() {
        ObjectMapper own = mapper;
        if (own == null) {
            throw new IllegalStateException(
                    "a TypeReference needs a mapper of Jackson 2 (expected: JsonEvents.of(mapper), or a Class)");
        }
        return own;
    }

    Writer writer() {
        return writer;
    }

    Reader reader() {
        return reader;
    }

    static Writer writer(ObjectWriter writer) {
        return value -> Codec.write(writer, value);
    }

    static Reader reader(ObjectReader reader, String typeName) {
        return (json, type) -> Codec.read(reader, typeName, json);
    }

    static String write(Writer writer, @Nullable Object value) {
        try {
            return Objects.requireNonNull(writer.write(value), "the writer returned null");
        } catch (IllegalArgumentException e) {
            throw e;
        } catch (Exception e) {
            String type = value == null ? "null" : value.getClass().getName();
            throw new IllegalArgumentException("cannot write " + type + " as JSON: " + e.getMessage(), e);
        }
    }

    @SuppressWarnings("unchecked") // the reader returns what the type stands for, also for a primitive type
    static <T> T read(Reader reader, Class<?> type, String typeName, String data) {
        Object value;
        try {
            value = reader.read(data, type);
        } catch (IllegalArgumentException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalArgumentException("cannot read JSON as " + typeName + ": " + e.getMessage(), e);
        }
        if (value == null) {
            throw new IllegalArgumentException("cannot read JSON as " + typeName + ": it is null");
        }
        return (T) value;
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
                // the sender.
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
        static final JsonEvents INSTANCE = of(new ObjectMapper());
    }
}
