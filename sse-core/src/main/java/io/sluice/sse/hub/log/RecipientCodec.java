package io.sluice.sse.hub.log;

import io.sluice.sse.topic.Recipients;
import org.jspecify.annotations.Nullable;

/** Encodes {@link Recipients} for a history, and for the keys of a conflation table. */
public final class RecipientCodec {

    /** The heap bytes of the object and of the header of its string. */
    private static final int OVERHEAD_BYTES = 72;

    private static final char STORED_PRINCIPAL = 'p';
    private static final char STORED_GROUP = 'g';
    private static final char STORED_CLIENT = 'c';
    private static final char STORED_EXCEPT = 'b';

    /** No sink has this id, since the ids of sinks are decimal numbers. */
    private static final String NO_SINK = "-";

    private RecipientCodec() {}

    /**
     * The form in which a history stores recipients; null for every subscriber.
     *
     * @see #fromStored
     */
    static @Nullable String toStored(Recipients recipients) {
        String name = recipients.name();
        return switch (recipients.kind()) {
            case EVERYBODY -> null;
            case PRINCIPAL -> STORED_PRINCIPAL + name;
            case GROUP -> STORED_GROUP + name;
            case CLIENT -> STORED_CLIENT + name;
            case EXCEPT -> STORED_EXCEPT + name;
        };
    }

    /**
     * The recipients that a history has stored; null for every subscriber.
     *
     * @param isOfThisProcess whether this process published the event; sinks of another process may have had the same
     *     ids
     * @throws IllegalArgumentException if the text has an unknown form
     */
    public static @Nullable Recipients fromStored(@Nullable String stored, boolean isOfThisProcess) {
        if (stored == null || stored.isEmpty()) {
            return null;
        }
        String name = stored.substring(1);
        return switch (stored.charAt(0)) {
            case STORED_PRINCIPAL -> Recipients.principal(name);
            case STORED_GROUP -> Recipients.group(name);
            case STORED_CLIENT -> Recipients.client(isOfThisProcess ? name : NO_SINK);
            case STORED_EXCEPT -> isOfThisProcess ? Recipients.except(name) : null;
            default -> throw new IllegalArgumentException("unknown recipients in the history: \"" + stored + "\"");
        };
    }

    /** What recipients of an event mean on a node that has not published it: its sinks may have the same ids. */
    static Recipients ofOtherNode(Recipients recipients) {
        return switch (recipients.kind()) {
            case EVERYBODY, PRINCIPAL, GROUP -> recipients;
            case CLIENT -> Recipients.client(NO_SINK);
            case EXCEPT -> Recipients.everybody();
        };
    }

    /**
     * The key under which a conflation table keeps an event. It includes the recipients: an event supersedes earlier
     * events with the same key for the same recipients, so the latest event for one principal does not replace the
     * latest event for another. Keys of different kinds of recipients never collide.
     */
    static String conflationKey(Recipients recipients, String key) {
        if (recipients.isEverybody()) {
            return key.startsWith("\0") ? "\0" + key : key;
        }
        String name = recipients.name();
        return "\0" + recipients.kind() + name.length() + ' ' + name + key;
    }

    /** The heap bytes of the recipients of an entry. */
    static int weight(Recipients recipients) {
        return OVERHEAD_BYTES + 2 * recipients.name().length();
    }
}
