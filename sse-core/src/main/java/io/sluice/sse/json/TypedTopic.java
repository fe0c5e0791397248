package io.sluice.sse.json;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JavaType;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Published;
import io.sluice.sse.topic.TopicPattern;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A topic whose events carry values of one type as JSON. It publishes values, and reads them from the data of its
 * events.
 *
 * <p>If a value cannot be written as JSON, its publish throws and nothing is published. Immutable and thread-safe.
 *
 * @param <T> the type by which values are written and read. Jackson annotations on it also apply to subclasses and to
 *     elements
 */
public final class TypedTopic<T> {

    /** How values are written and read. */
    private record Mapping(JsonEvents.Writer writer, JsonEvents.Reader reader, Class<?> type, String typeName) {}

    /** Calls Jackson 2. A class of its own, so that the topic can be loaded without it. */
    private static final class Jackson {
        static Mapping mapping(JsonEvents json, Type type, Class<?> javaClass) {
            JavaType javaType = json.mapper().constructType(type);
            return new Mapping(
                    JsonEvents.writer(json.mapper().writerFor(javaType)),
                    JsonEvents.reader(json.mapper().readerFor(javaType), type.getTypeName()),
                    javaClass,
                    type.getTypeName());
        }
    }

    private final Hub hub;
    private final String name;
    private final Mapping mapping;
    private final @Nullable String eventName;
    private final @Nullable Function<? super T, String> key;

    private TypedTopic(
            Hub hub,
            String name,
            Mapping mapping,
            @Nullable String eventName,
            @Nullable Function<? super T, String> key) {
        this.hub = Objects.requireNonNull(hub, "hub");
        this.name = TopicPattern.checkName(name);
        this.mapping = mapping;
        this.eventName = eventName;
        this.key = key;
    }

    /**
     * Creates a topic with the mapper of {@link JsonEvents#withDefaults()}.
     *
     * @throws IllegalArgumentException if the name is not a valid topic name
     */
    @CheckReturnValue
    public static <T> TypedTopic<T> of(Hub hub, String name, Class<T> type) {
        return of(hub, name, type, JsonEvents.withDefaults());
    }

    /**
     * Creates a topic with the mapper, or the functions, of {@code json}.
     *
     * @throws IllegalArgumentException if the name is not a valid topic name
     */
    @CheckReturnValue
    public static <T> TypedTopic<T> of(Hub hub, String name, Class<T> type, JsonEvents json) {
        return ofClass(hub, name, type, json);
    }

    static <T> TypedTopic<T> ofClass(Hub hub, String name, Class<T> type, JsonEvents json) {
        Mapping mapping = json.hasMapper()
                ? Jackson.mapping(json, type, type)
                : new Mapping(json.writer(), json.reader(), type, type.getName());
        return new TypedTopic<>(hub, name, mapping, null, null);
    }

    /**
     * As {@link #of(Hub, String, Class)}, for a generic type: {@code new TypeReference<List<Price>>() {}}.
     *
     * @throws IllegalArgumentException if the name is not a valid topic name
     */
    @CheckReturnValue
    public static <T> TypedTopic<T> of(Hub hub, String name, TypeReference<T> type) {
        return of(hub, name, type, JsonEvents.withDefaults());
    }

    /**
     * As {@link #of(Hub, String, Class, JsonEvents)}, for a generic type: {@code new TypeReference<List<Price>>() {}}.
     *
     * @throws IllegalArgumentException if the name is not a valid topic name
     */
    @CheckReturnValue
    public static <T> TypedTopic<T> of(Hub hub, String name, TypeReference<T> type, JsonEvents json) {
        return new TypedTopic<>(hub, name, Jackson.mapping(json, type.getType(), Object.class), null, null);
    }

    /**
     * Returns a copy whose events have this name. Without a name, browsers pass the events to the listeners of {@code
     * message}.
     *
     * @throws IllegalArgumentException if the name is not valid, see {@link Event.Builder#name}
     */
    @CheckReturnValue
    public TypedTopic<T> withEventName(String newName) {
        Event.of(newName, ""); // checks the name
        return new TypedTopic<>(hub, name, mapping, newName, key);
    }

    /**
     * Returns a copy whose events have a {@linkplain Event#key key} that is computed from the value, for a topic with
     * conflation.
     *
     * @param ofValue never returns null: a value without a key fails its own publish with a {@link
     *     NullPointerException}
     */
    @CheckReturnValue
    public TypedTopic<T> withKey(Function<? super T, String> ofValue) {
        return new TypedTopic<>(hub, name, mapping, eventName, Objects.requireNonNull(ofValue, "key"));
    }

    /** The topic's name. */
    public String name() {
        return name;
    }

    /**
     * Creates the event that carries a value, and publishes nothing.
     *
     * @throws IllegalArgumentException if the value cannot be written (the message names its type, the cause is the
     *     library's exception)
     */
    public Event event(T value) {
        Objects.requireNonNull(value, "value");
        Event.Builder event = Event.builder().data(JsonEvents.write(mapping.writer, value));
        if (eventName != null) {
            event.name(eventName);
        }
        if (key != null) {
            event.key(Objects.requireNonNull(key.apply(value), "key"));
        }
        return event.build();
    }

    /**
     * Publishes a value.
     *
     * @return as {@link Hub#publish}
     * @throws IllegalArgumentException as {@link #event}; nothing is published then
     */
    public CompletionStage<Published> publish(T value) {
        return hub.publish(name, event(value));
    }

    /**
     * Publishes several values, next to each other and in this order: all of them or none.
     *
     * @return as {@link Hub#publishAll}
     * @throws IllegalArgumentException as {@link #event}, for the first value that cannot be written; nothing is
     *     published then
     */
    public CompletionStage<List<Published>> publishAll(List<? extends T> values) {
        List<Publication> publications = new ArrayList<>(values.size());
        for (T value : values) {
            publications.add(new Publication(name, event(value)));
        }
        return hub.publishAll(publications);
    }

    /**
     * Reads a value from the complete data of an event of this topic.
     *
     * @throws IllegalArgumentException as {@link JsonEvents#read(String, Class)}
     */
    public T read(String data) {
        return JsonEvents.<T>read(mapping.reader, mapping.type, mapping.typeName, data);
    }

    /**
     * As {@link #read(String)}, from an event.
     *
     * @throws IllegalArgumentException as {@link #read(String)}, and if the event has no data
     */
    public T read(Event event) {
        String data = event.data();
        if (data == null) {
            throw new IllegalArgumentException(
                    "cannot read JSON as " + mapping.typeName + ": " + event + " has no data");
        }
        return read(data);
    }

    @Override
    public String toString() {
        return name + " of " + mapping.typeName;
    }
}
