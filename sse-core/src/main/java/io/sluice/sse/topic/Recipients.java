package io.sluice.sse.topic;

import io.sluice.sse.Identity;
import io.sluice.sse.Sink;
import java.util.Objects;

/**
 * The subscribers that receive an event: all subscribers of its topics, unless the publisher selects some of them.
 * Other subscribers do not receive the event, and this is no gap for them. Recipients apply to replay and to live
 * delivery. So a principal that reconnects receives the events that were published for it meanwhile. Immutable.
 *
 * <p>The application identifies a client when its stream is opened ({@link Identity}).
 */
public final class Recipients {

    /** The kinds of recipients. */
    public enum Kind {
        /** Every subscriber. */
        EVERYBODY,
        /** All clients of one principal. */
        PRINCIPAL,
        /** All clients that belong to one group. */
        GROUP,
        /** The client of one sink. */
        CLIENT,
        /** Every subscriber except the client of one sink. */
        EXCEPT
    }

    private static final Recipients EVERYBODY = new Recipients(Kind.EVERYBODY, "");

    private final Kind kind;
    private final String name;

    private Recipients(Kind kind, String name) {
        this.kind = kind;
        this.name = name;
    }

    /** Every subscriber. */
    @CheckReturnValue
    public static Recipients everybody() {
        return EVERYBODY;
    }

    /**
     * All clients of this principal. A user with two browser tabs receives the event in both.
     *
     * @throws IllegalArgumentException if the name is empty
     */
    @CheckReturnValue
    public static Recipients principal(String principal) {
        return new Recipients(Kind.PRINCIPAL, check("principal", principal));
    }

    /**
     * All clients that belong to this group.
     *
     * @throws IllegalArgumentException if the name is empty
     */
    @CheckReturnValue
    public static Recipients group(String group) {
        return new Recipients(Kind.GROUP, check("group", group));
    }

    /**
     * The client of one sink, while that sink is open. A client that reconnects has another sink.
     *
     * @param sinkId the {@link Sink#id}
     * @throws IllegalArgumentException if the id is empty
     */
    @CheckReturnValue
    public static Recipients client(String sinkId) {
        return new Recipients(Kind.CLIENT, check("sinkId", sinkId));
    }

    /**
     * Every subscriber except the client of one sink, such as the client that caused the event.
     *
     * @param sinkId the {@link Sink#id}
     * @throws IllegalArgumentException if the id is empty
     */
    @CheckReturnValue
    public static Recipients except(String sinkId) {
        return new Recipients(Kind.EXCEPT, check("sinkId", sinkId));
    }

    private static String check(String what, String name) {
        if (Objects.requireNonNull(name, what).isEmpty()) {
            throw new IllegalArgumentException(what + ": empty (expected: a name)");
        }
        return name;
    }

    /** The kind of these recipients. */
    public Kind kind() {
        return kind;
    }

    /** The principal, the group or the id of the sink; empty for every subscriber. */
    public String name() {
        return name;
    }

    /** Whether the client of this sink is one of these recipients. */
    public boolean include(Sink sink) {
        return switch (kind) {
            case EVERYBODY -> true;
            case PRINCIPAL -> name.equals(sink.identity().principal());
            case GROUP -> sink.identity().groups().contains(name);
            case CLIENT -> name.equals(sink.id());
            case EXCEPT -> !name.equals(sink.id());
        };
    }

    /** Whether these recipients are every subscriber. */
    public boolean isEverybody() {
        return kind == Kind.EVERYBODY;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Recipients that && kind == that.kind && name.equals(that.name);
    }

    @Override
    public int hashCode() {
        return Objects.hash(kind, name);
    }

    @Override
    public String toString() {
        return kind == Kind.EVERYBODY ? "everybody" : kind.name().toLowerCase(java.util.Locale.ROOT) + " " + name;
    }
}
