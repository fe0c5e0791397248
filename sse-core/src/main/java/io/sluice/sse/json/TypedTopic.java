package io.sluice.sse.json;

import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Published;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A topic whose events carry values of one type as JSON: publishes values, and reads them from the data of its events.
 * {@link JsonEvents#topic} makes one.
 *
 * <p>A value that cannot be written fails its own publish, by an exception, and nothing of it is published. Immutable;
 * safe for use by several threads.
 *
 * @param <T> the type, by which the values are written and read: what Jackson's annotations on it say holds for
 *     subclasses and for elements too
 */
public final class TypedTopic<T> {

    private final Hub hub;
    private final String name;
    private final ObjectWriter writer;
    private final ObjectReader reader;
    private final String typeName;
    private final @Nullable String eventName;
    private final @Nullable Function<? super T, String> key;

    TypedTopic(Hub hub, String name, ObjectWriter writer, ObjectReader reader, String typeName) {
        this(Objects.requireNonNull(hub, "hub"), name, writer, reader, typeName, null, null);
    }

    private TypedTopic(
            Hub hub,
            String name,
            ObjectWriter writer,
            ObjectReader reader,
            String typeName,
            @Nullable String eventName,
            @Nullable Function<? super T, String> key) {
        this.hub = hub;
        this.name = name;
        this.writer = writer;
        this.reader = reader;
        this.typeName = typeName;
        this.eventName = eventName;
        this.key = key;
    }

    /**
     * A copy whose events have this name; without one browsers hand them to the listeners of {@code message}.
     *
     * @throws IllegalArgumentException if the name cannot stand on the wire
     */
    public TypedTopic<T> withEventName(String newName) {
        Event.of(newName, ""); // checks it
        return new TypedTopic<>(hub, name, writer, reader, typeName, newName, key);
    }

    /**
     * A copy whose events have a {@linkplain Event#key key} made of the value, for a topic that conflates.
     *
     * @param ofValue never answers null: a value without a key fails its own publish by a {@link NullPointerException}
     */
    public TypedTopic<T> withKey(Function<? super T, String> ofValue) {
        return new TypedTopic<>(hub, name, writer, reader, typeName, eventName, Objects.requireNonNull(ofValue, "key"));
    }

    /** The topic's name. */
    public String name() {
        return name;
    }

    /**
     * The event that carries a value; nothing is published.
     *
     * @throws IllegalArgumentException if Jackson cannot write the value (the message names its type, the cause is
     *     Jackson's)
     */
    public Event event(T value) {
        Objects.requireNonNull(value, "value");
        Event.Builder event = Event.builder().data(JsonEvents.write(writer, value));
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
     * @throws IllegalArgumentException as {@link #event}, for the first that cannot be written; nothing is published then
     */
    public CompletionStage<List<Published>> publishAll(List<? extends T> values) {
        List<Publication> publications = new ArrayList<>(values.size());
        for (T value : values) {
            publications.add(new Publication(name, event(value)));
        }
        return hub.publishAll(publications);
    }

    /**
     * Reads a value from the data of one of its events, all of it.
     *
     * @throws IllegalArgumentException as {@link JsonEvents#read(String, Class)}
     */
    public T read(String data) {
        return JsonEvents.<T>read(reader, typeName, data);
    }

    /**
     * As {@link #read(String)}, from the event.
     *
     * @throws IllegalArgumentException as {@link #read(String)}, and if it has no data
     */
    public T read(Event event) {
        String data = event.data();
        if (data == null) {
            throw new IllegalArgumentException("cannot read JSON as " + typeName + ": " + event + " has no data");
        }
        return read(data);
    }

    @Override
    public String toString() {
        return name + " of " + typeName;
    }
}
