package io.sluice.sse;

import io.sluice.sse.json.JsonEvents;
import java.time.Duration;
import java.util.Objects;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * One message to clients, as WHATWG HTML, section 9.2 (server-sent events) knows it: id, name, data, retry and comment,
 * and beside them a key that stays in the process.
 *
 * <p>An event that the wire cannot carry does not exist: {@link Builder} refuses it, so nobody after it has to ask
 * again. Immutable, hence safe to share between threads.
 *
 * <p>What a client gets is the event up to two losses, which the format imposes:
 *
 * <ul>
 *   <li>In data and comment, CR, LF and CRLF all end a line, and a client joins the lines of data with LF.
 *   <li>UTF-8 has no place for a surrogate without its other half; in data and comment the client sees U+FFFD instead. It
 *       is no error here: text that is cut into pieces (a stream of tokens) has them, and must not end its stream.
 * </ul>
 */
public final class Event {
    /**
     * The longest id, in bytes of UTF-8. A browser sends the last id back in a header, which the Fetch standard lets
     * pass cross-origin up to this length; a longer one would cost a CORS preflight on every reconnect.
     */
    public static final int MAX_ID_BYTES = 128;

    /** The longest name, in bytes of UTF-8. */
    public static final int MAX_NAME_BYTES = 255;

    /** What a new builder starts from; the only instance that could not be sent. */
    private static final Event NOTHING = new Event();

    private final @Nullable String id;
    private final @Nullable String name;
    private final @Nullable String data;
    private final @Nullable Duration retry;
    private final @Nullable String comment;
    private final @Nullable String key;

    private Event() {
        id = null;
        name = null;
        data = null;
        retry = null;
        comment = null;
        key = null;
    }

    private Event(Builder builder) {
        Event base = builder.base;
        id = builder.id != null ? builder.id : base.id;
        name = builder.name != null ? builder.name : base.name;
        data = builder.data != null ? builder.data : base.data;
        retry = builder.retry != null ? builder.retry : base.retry;
        comment = builder.comment != null ? builder.comment : base.comment;
        key = builder.key != null ? builder.key : base.key;
    }

    /**
     * An event without a name: browsers hand it to the listeners of {@code message}.
     *
     * @param data any text; empty is an event with empty data
     */
    public static Event of(String data) {
        return builder().data(data).build();
    }

    /**
     * An event with a name: browsers hand it to the listeners of that name only.
     *
     * @param data any text; empty is an event with empty data
     * @throws IllegalArgumentException if the name cannot stand on the wire, see {@link Builder#name}
     */
    public static Event of(String name, String data) {
        return builder().name(name).data(data).build();
    }

    /** A comment: it keeps a connection busy and is seen in a trace, and no listener of a client hears of it. */
    public static Event comment(String comment) {
        return builder().comment(comment).build();
    }

    /**
     * An event whose data is the value as JSON, written by a Jackson mapper with default settings; an application with
     * settings of its own uses {@link JsonEvents}. Needs {@code jackson-databind} on the class path, as nothing else of
     * this class does.
     *
     * @throws IllegalArgumentException if Jackson cannot write the value, or if the name cannot stand on the wire
     */
    public static Event json(String name, @Nullable Object value) {
        // Named in this body only, so that the class loads where Jackson is missing.
        return JsonEvents.withDefaults().event(name, value);
    }

    /** A builder with nothing set. */
    public static Builder builder() {
        return new Builder(NOTHING);
    }

    /** A builder that starts from this event: what is set on it replaces the value here, the rest stays. */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** What a client names when it comes back; or null, and the client keeps the id it had. */
    public @Nullable String id() {
        return id;
    }

    /** The type under which a client listens for it; or null, which a client reads as {@code message}. */
    public @Nullable String name() {
        return name;
    }

    /** What the event says; or null, and a client learns id and retry but calls no listener. */
    public @Nullable String data() {
        return data;
    }

    /** How long the client shall wait before it reconnects, in whole milliseconds; or null if nothing is said. */
    public @Nullable Duration retry() {
        return retry;
    }

    /** Text that travels with the event and that clients skip; or null. */
    public @Nullable String comment() {
        return comment;
    }

    /** What the event is the latest state of, for topics that conflate; or null. Never on the wire. */
    public @Nullable String key() {
        return key;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other
                || (other instanceof Event that
                        && Objects.equals(id, that.id)
                        && Objects.equals(name, that.name)
                        && Objects.equals(data, that.data)
                        && Objects.equals(retry, that.retry)
                        && Objects.equals(comment, that.comment)
                        && Objects.equals(key, that.key));
    }

    @Override
    public int hashCode() {
        return Objects.hash(id, name, data, retry, comment, key);
    }

    /** The fields that are set, escaped and cut to a length that a log can bear. */
    @Override
    public String toString() {
        StringJoiner fields = new StringJoiner(", ", "Event[", "]");
        describe(fields, "id", id);
        describe(fields, "name", name);
        describe(fields, "key", key);
        if (retry != null) {
            fields.add("retry=" + retry.toMillis() + "ms");
        }
        describe(fields, "comment", comment);
        describe(fields, "data", data);
        return fields.toString();
    }

    private static void describe(StringJoiner fields, String field, @Nullable String value) {
        if (value != null) {
            fields.add(field + "=" + EventFields.quote(value));
        }
    }

    /**
     * Builds an event. Each option may be set once; a second time is refused, since one of the two values would get
     * lost without a word. Not safe for use by several threads.
     */
    public static final class Builder {
        private final Event base;
        private @Nullable String id;
        private @Nullable String name;
        private @Nullable String data;
        private @Nullable Duration retry;
        private @Nullable String comment;
        private @Nullable String key;

        private Builder(Event base) {
            this.base = base;
        }

        /**
         * The id that the client will name when it comes back.
         *
         * @throws IllegalArgumentException if it is empty, takes more than {@value Event#MAX_ID_BYTES} bytes of UTF-8,
         *     or holds NUL, CR, LF or an unpaired surrogate
         * @throws IllegalStateException if it was already set on this builder
         */
        public Builder id(String id) {
            refuseSecond("id", this.id, id);
            this.id = EventFields.checkLine("id", id, MAX_ID_BYTES);
            return this;
        }

        /**
         * The name under which the client listens.
         *
         * @throws IllegalArgumentException if it is empty, takes more than {@value Event#MAX_NAME_BYTES} bytes of
         *     UTF-8, or holds NUL, CR, LF or an unpaired surrogate
         * @throws IllegalStateException if it was already set on this builder
         */
        public Builder name(String name) {
            refuseSecond("name", this.name, name);
            this.name = EventFields.checkLine("name", name, MAX_NAME_BYTES);
            return this;
        }

        /**
         * Any text, on as many lines as it has; see the class for what the format does to it.
         *
         * @throws IllegalStateException if it was already set on this builder
         */
        public Builder data(String data) {
            refuseSecond("data", this.data, data);
            this.data = data;
            return this;
        }

        /**
         * How long the client shall wait before it reconnects. Parts of a millisecond are dropped.
         *
         * @throws IllegalArgumentException if it is negative or its milliseconds exceed a {@code long}
         * @throws IllegalStateException if it was already set on this builder
         */
        public Builder retry(Duration retry) {
            refuseSecond("retry", this.retry, retry);
            this.retry = EventFields.checkRetry(retry);
            return this;
        }

        /**
         * Any text, each line of which becomes a comment of its own; see the class for what the format does to it.
         *
         * @throws IllegalStateException if it was already set on this builder
         */
        public Builder comment(String comment) {
            refuseSecond("comment", this.comment, comment);
            this.comment = comment;
            return this;
        }

        /**
         * What this event is the latest state of: a topic that conflates keeps one event of each key. It does not
         * leave the process.
         *
         * @throws IllegalStateException if it was already set on this builder
         */
        public Builder key(String key) {
            refuseSecond("key", this.key, key);
            this.key = key;
            return this;
        }

        /**
         * The event; the builder has no further hold on it.
         *
         * @throws IllegalArgumentException if none of id, data, retry and comment is set, as nothing would be written
         *     that a client could notice
         */
        public Event build() {
            Event event = new Event(this);
            if (event.id == null && event.data == null && event.retry == null && event.comment == null) {
                throw new IllegalArgumentException("nothing to send in " + event
                        + "; allowed is an event with at least one of data (which may be empty), id, retry, comment");
            }
            return event;
        }

        private static void refuseSecond(String field, @Nullable Object first, Object second) {
            Objects.requireNonNull(second, field);
            if (first != null) {
                throw new IllegalStateException(field + " was already set to " + show(first) + ", and now to "
                        + show(second) + "; allowed is once per builder");
            }
        }

        private static String show(Object value) {
            return value instanceof String text ? EventFields.quote(text) : value.toString();
        }
    }
}
