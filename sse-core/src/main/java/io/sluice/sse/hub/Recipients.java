package io.sluice.sse.hub;

import io.sluice.sse.Identity;
import io.sluice.sse.Sink;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * For whom an event is meant, among those who listen to its topics: everybody, unless the publisher says otherwise. Whoever
 * it is not meant for does not get it, and misses nothing: no gap is said. It holds for replay as for live delivery, so a
 * principal that comes back gets what was published for it meanwhile. Immutable.
 *
 * <p>Who a client is, the application says when its stream is opened ({@link Identity}).
 */
public final class Recipients {

    private enum Kind {
        EVERYBODY,
        PRINCIPAL,
        GROUP,
        CLIENT,
        ALL_BUT
    }

    private static final Recipients EVERYBODY = new Recipients(Kind.EVERYBODY, "");

    /** This object, and its string's header. */
    private static final int OVERHEAD_BYTES = 72;

    private static final char STORED_PRINCIPAL = 'p';
    private static final char STORED_GROUP = 'g';
    private static final char STORED_CLIENT = 'c';
    private static final char STORED_ALL_BUT = 'b';

    /** No sink has it. */
    private static final String NOBODYS_ID = "";

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
        return new Recipients(Kind.ALL_BUT, check("sinkId", sinkId));
    }

    private static String check(String what, String name) {
        if (Objects.requireNonNull(name, what).isEmpty()) {
            throw new IllegalArgumentException(what + ": empty (expected: a name)");
        }
        return name;
    }

    /** Whether an event for these is meant for the client of this sink. */
    boolean include(Sink sink) {
        return switch (kind) {
            case EVERYBODY -> true;
            case PRINCIPAL -> name.equals(sink.identity().principal());
            case GROUP -> sink.identity().groups().contains(name);
            case CLIENT -> name.equals(sink.id());
            case ALL_BUT -> !name.equals(sink.id());
        };
    }

    /**
     * As a history keeps them; null for everybody.
     *
     * @see #ofStored
     */
    @Nullable
    String toStored() {
        return switch (kind) {
            case EVERYBODY -> null;
            case PRINCIPAL -> STORED_PRINCIPAL + name;
            case GROUP -> STORED_GROUP + name;
            case CLIENT -> STORED_CLIENT + name;
            case ALL_BUT -> STORED_ALL_BUT + name;
        };
    }

    /**
     * What a history has kept; null for everybody.
     *
     * @param isOfThisProcess whether the event is one of this process: the sinks of another had the same names, and were
     *     others
     * @throws IllegalArgumentException if nothing of this kind was ever kept
     */
    static @Nullable Recipients ofStored(@Nullable String stored, boolean isOfThisProcess) {
        if (stored == null || stored.isEmpty()) {
            return null;
        }
        String name = stored.substring(1);
        return switch (stored.charAt(0)) {
            case STORED_PRINCIPAL -> new Recipients(Kind.PRINCIPAL, name);
            case STORED_GROUP -> new Recipients(Kind.GROUP, name);
            case STORED_CLIENT -> new Recipients(Kind.CLIENT, isOfThisProcess ? name : NOBODYS_ID);
            case STORED_ALL_BUT -> isOfThisProcess ? new Recipients(Kind.ALL_BUT, name) : null;
            default -> throw new IllegalArgumentException("recipients in the history: \"" + stored + "\"");
        };
    }

    boolean isEverybody() {
        return kind == Kind.EVERYBODY;
    }

    /**
     * What an event with {@code key} supersedes in a topic that conflates: the events with that key for the same
     * recipients. What is the latest for one principal must not take away what is the latest for another. No key of one
     * kind looks like one of the other.
     */
    String keyOf(String key) {
        if (kind == Kind.EVERYBODY) {
            return key.startsWith("\0") ? "\0" + key : key;
        }
        return "\0" + kind + name.length() + ' ' + name + key;
    }

    /** What they cost in an entry. */
    int weight() {
        return OVERHEAD_BYTES + 2 * name.length();
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
