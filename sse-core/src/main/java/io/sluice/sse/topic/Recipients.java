package io.sluice.sse.topic;

import io.sluice.sse.Identity;
import io.sluice.sse.Sink;
import java.util.Objects;

/**
 * For whom an event is meant, among those who listen to its topics: everybody, unless the publisher says otherwise. Whoever
 * it is not meant for does not get it, and misses nothing: no gap is said. It holds for replay as for live delivery, so a
 * principal that comes back gets what was published for it meanwhile. Immutable.
 *
 * <p>Who a client is, the application says when its stream is opened ({@link Identity}).
 */
public final class Recipients {

    /** The kinds of recipients. */
    public enum Kind {
        /** Every subscriber. */
        EVERYBODY,
        /** The clients of one principal. */
        PRINCIPAL,
        /** The clients whose principal belongs to one group. */
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

    /** Everybody who listens. */
    public static Recipients everybody() {
        return EVERYBODY;
    }

    /**
     * Everybody who is this principal: one person with two tabs is reached in both.
     *
     * @throws IllegalArgumentException if the name is empty
     */
    public static Recipients principal(String principal) {
        return new Recipients(Kind.PRINCIPAL, check("principal", principal));
    }

    /**
     * Everybody who belongs to this group.
     *
     * @throws IllegalArgumentException if the name is empty
     */
    public static Recipients group(String group) {
        return new Recipients(Kind.GROUP, check("group", group));
    }

    /**
     * The client of one sink, for as long as that sink lives: when it comes back it is another.
     *
     * @param sinkId as {@link Sink#id} says it
     * @throws IllegalArgumentException if the id is empty
     */
    public static Recipients client(String sinkId) {
        return new Recipients(Kind.CLIENT, check("sinkId", sinkId));
    }

    /**
     * Everybody but the client of one sink, such as the one that what is published came from.
     *
     * @param sinkId as {@link Sink#id} says it
     * @throws IllegalArgumentException if the id is empty
     */
    public static Recipients except(String sinkId) {
        return new Recipients(Kind.EXCEPT, check("sinkId", sinkId));
    }

    private static String check(String what, String name) {
        if (Objects.requireNonNull(name, what).isEmpty()) {
            throw new IllegalArgumentException(what + ": empty (expected: a name)");
        }
        return name;
    }

    /** Which kind these are. */
    public Kind kind() {
        return kind;
    }

    /** The principal, the group or the id of the sink; empty for everybody. */
    public String name() {
        return name;
    }

    /** Whether an event for these recipients goes to the client of this sink. */
    public boolean include(Sink sink) {
        return switch (kind) {
            case EVERYBODY -> true;
            case PRINCIPAL -> name.equals(sink.identity().principal());
            case GROUP -> sink.identity().groups().contains(name);
            case CLIENT -> name.equals(sink.id());
            case EXCEPT -> !name.equals(sink.id());
        };
    }

    /** Whether an event for these recipients goes to every subscriber. */
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
