package io.sluice.sse;

import java.time.Duration;
import java.util.Objects;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * One message to clients, as defined by WHATWG HTML, section 9.2 (server-sent events): id, name, data, retry and
 * comment. It can also have a key, which never leaves the process.
 *
 * <p>Every event can be written to the wire: {@link Builder} rejects all values that the format cannot carry, so later
 * code need not check again. Immutable, so it is safe to share between threads.
 *
 * <p>The format changes an event in two ways on its way to the client:
 *
 * <ul>
 *   <li>In data and comment, each CR, LF and CRLF ends a line. The client joins the lines of data with LF.
 *   <li>UTF-8 cannot encode an unpaired surrogate. In data and comment the client receives U+FFFD instead. The builder
 *       accepts such text, because text that is cut into pieces (a stream of tokens) contains unpaired surrogates and
 *       must not end its stream.
 * </ul>
 */
public final class Event {
    /**
     * The longest id, in bytes of UTF-8. A browser sends the last id back in a header. The Fetch standard allows this
     * header cross-origin up to this length; a longer one would cost a CORS preflight on every reconnect.
     */
    public static final int MAX_ID_BYTES = 128;

    /** The longest name, in bytes of UTF-8. */
    public static final int MAX_NAME_BYTES = 255;

    /** The base of a new builder; the only instance that could not be sent. */
    private static final Event EMPTY = new Event();

    /**
     * The longest reconnection time: one day. Clients pass the time to a timer. A timer of JavaScript fires at once for
     * more than 2<sup>31</sup> ms, and a client that waits for weeks is lost.
     */
    public static final Duration MAX_RETRY = Duration.ofDays(1);

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
     * Creates an event without a name. Browsers pass it to the listeners of {@code message}.
     *
     * @param data any text; an empty text gives an event with empty data
     */
    public static Event of(String data) {
        return builder().data(data).build();
    }

    /**
     * Creates an event with a name. Browsers pass it only to the listeners of that name.
     *
     * @param data any text; an empty text gives an event with empty data
     * @throws IllegalArgumentException if the name is not valid, see {@link Builder#name}
     */
    public static Event of(String name, String data) {
        return builder().name(name).data(data).build();
    }

    /**
     * Creates a comment. It keeps a connection busy and is visible in a network trace, but calls no listener of the
     * client.
     */
    public static Event comment(String comment) {
        return builder().comment(comment).build();
    }

    /** Returns a builder with nothing set. */
    public static Builder builder() {
        return new Builder(EMPTY);
    }

    /**
     * Returns a builder that starts with the values of this event. A value that is set on the builder replaces the
     * value of this event.
     */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /**
     * The id that a client sends when it reconnects; null if the event has none, and then the client keeps its last id.
     */
    public @Nullable String id() {
        return id;
    }

    /**
     * The type under which a client listens for the event; null if it has none, which a client reads as {@code
     * message}.
     */
    public @Nullable String name() {
        return name;
    }

    /** The payload; null if there is none, and then a client takes over id and retry but calls no listener. */
    public @Nullable String data() {
        return data;
    }

    /** How long the client waits before it reconnects, in whole milliseconds; null if the event does not set it. */
    public @Nullable Duration retry() {
        return retry;
    }

    /** Text that is sent with the event and ignored by clients; null if there is none. */
    public @Nullable String comment() {
        return comment;
    }

    /** The key by which topics with conflation keep only the latest event; null if there is none. It is never sent. */
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

    /** The fields that are set, escaped and shortened for a log. */
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
     * Builds an event. Each option may be set once: a second call throws, because one of the two values would be lost
     * silently. Not thread-safe.
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
         * Sets the id that the client sends when it reconnects.
         *
         * @throws IllegalArgumentException if it is empty, takes more than {@value Event#MAX_ID_BYTES} bytes of UTF-8,
         *     contains a control character or an unpaired surrogate, or has a blank at either end: HTTP does not carry
         *     such an id back unchanged
         * @throws IllegalStateException if it was already set on this builder
         */
        public Builder id(String id) {
            checkNotSet("id", this.id, id);
            this.id = EventFields.checkId(id);
            return this;
        }

        /**
         * Sets the name under which the client listens.
         *
         * @throws IllegalArgumentException if it is empty, takes more than {@value Event#MAX_NAME_BYTES} bytes of
         *     UTF-8, contains NUL, CR, LF or an unpaired surrogate, or is {@value Gap#EVENT_NAME} or {@value
         *     CloseReason#END_EVENT_NAME}, which are reserved for the hub
         * @throws IllegalStateException if it was already set on this builder
         */
        public Builder name(String name) {
            checkNotSet("name", this.name, name);
            this.name = EventFields.checkName(name);
            return this;
        }

        /** As {@link #name}, for the events of the hub itself. */
        Builder reservedName(String reserved) {
            this.name = reserved;
            return this;
        }

        /**
         * Sets the data: any text with any number of lines. {@link Event} describes how the format changes it.
         *
         * @throws IllegalStateException if it was already set on this builder
         */
        public Builder data(String data) {
            checkNotSet("data", this.data, data);
            this.data = data;
            return this;
        }

        /**
         * Sets how long the client waits before it reconnects. Fractions of a millisecond are dropped.
         *
         * @throws IllegalArgumentException if it is not from 0 to {@link Event#MAX_RETRY}
         * @throws IllegalStateException if it was already set on this builder
         */
        public Builder retry(Duration retry) {
            checkNotSet("retry", this.retry, retry);
            this.retry = EventFields.checkRetry(retry);
            return this;
        }

        /**
         * Sets the comment: any text, each line of which is sent as a comment line. {@link Event} describes how the
         * format changes it.
         *
         * @throws IllegalStateException if it was already set on this builder
         */
        public Builder comment(String comment) {
            checkNotSet("comment", this.comment, comment);
            this.comment = comment;
            return this;
        }

        /**
         * Sets the key for conflation: a topic with conflation keeps only the latest event of each key. The key does
         * not leave the process. An event with a key and without data, published to such a topic, removes the key.
         *
         * @throws IllegalStateException if it was already set on this builder
         */
        public Builder key(String key) {
            checkNotSet("key", this.key, key);
            this.key = key;
            return this;
        }

        /**
         * Builds the event. Later calls on this builder do not change it.
         *
         * @throws IllegalArgumentException if none of id, data, retry and comment is set, because a client could not
         *     notice such an event. An event with a key and nothing else is possible: it removes the key
         */
        public Event build() {
            Event event = new Event(this);
            boolean isSendable = event.id != null || event.data != null || event.retry != null || event.comment != null;
            boolean removesKey = event.key != null && event.name == null;
            if (!isSendable && !removesKey) {
                throw new IllegalArgumentException(event + ": nothing to send"
                        + " (expected: at least one of data, which may be empty, id, retry, comment)");
            }
            return event;
        }

        private static void checkNotSet(String field, @Nullable Object first, Object second) {
            Objects.requireNonNull(second, field);
            if (first != null) {
                throw new IllegalStateException(field + ": set twice, to " + show(first) + " and to " + show(second)
                        + " (expected: once per builder)");
            }
        }

        private static String show(Object value) {
            return value instanceof String text ? EventFields.quote(text) : value.toString();
        }
    }
}
