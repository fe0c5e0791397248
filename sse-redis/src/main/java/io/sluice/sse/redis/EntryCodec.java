package io.sluice.sse.redis;

import io.sluice.sse.Event;
import io.sluice.sse.backplane.Backplane;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Recipients;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The form of an entry, which other programs may write as well: fields with the version first, such as {@code v 1 topic
 * news data hello}. Each entry is one change. The events of a batch are entries that follow each other.
 *
 * <table>
 * <caption>Fields</caption>
 * <tr><td>{@code v}</td><td>the version, {@code 1}; always first</td></tr>
 * <tr><td>{@code topic}</td><td>the topics, with a line feed between them</td></tr>
 * <tr><td>{@code data event id key retry comment}</td><td>the event; {@code retry} in milliseconds</td></tr>
 * <tr><td>{@code to}</td><td>the recipients: {@code principal:ann}, {@code group:admins}, {@code client:5} or {@code
 *     except:5}</td></tr>
 * <tr><td>{@code last}</td><td>{@code 1} for the last event of its topics</td></tr>
 * <tr><td>{@code n}</td><td>publisher and number, with a colon between them; an entry whose number has not risen is a
 *     repetition</td></tr>
 * <tr><td>{@code part}</td><td>index and size, with a slash between them, of an event in a batch</td></tr>
 * <tr><td>{@code t}</td><td>when it was published, in milliseconds since 1970</td></tr>
 * <tr><td>{@code duplicate}</td><td>the topic of an earlier event with this id: the entry is not delivered</td></tr>
 * <tr><td>{@code remove}</td><td>a topic that is removed; no event</td></tr>
 * <tr><td>{@code revoke}</td><td>a principal whose streams end; no event</td></tr>
 * <tr><td>{@code presence node members}</td><td>what a node reports of its presence; no event. The kind of the report,
 *     the name of the node, and a line for each member: topic and principal in the form of a URL, with a space
 *     between</td></tr>
 * <tr><td>{@code epoch run}</td><td>a new epoch: the name of the sequence and the process of Redis; no event</td></tr>
 * </table>
 */
final class EntryCodec {

    static final byte[] VERSION = bytes("1");

    private static final String DUPLICATE = "duplicate";

    private static final int MAX_NUMBER_LENGTH = 200;
    /** Of the number of an entry, with the colon before it. */
    private static final int MAX_DIGITS = 20;

    /** An entry that cannot be understood. */
    static final class BadEntryException extends Exception {
        private static final long serialVersionUID = 1;

        /** Whether a later version of this library has written the entry, so that an event is lost here. */
        final boolean isOfLaterVersion;

        BadEntryException(String message, boolean isOfLaterVersion) {
            super(message, null, false, false);
            this.isOfLaterVersion = isOfLaterVersion;
        }
    }

    /** What one entry says. */
    sealed interface Decoded {

        /** One event, perhaps of a batch. */
        record OneEvent(Publication publication, @Nullable String duplicateOf, Header header, int part, int parts)
                implements Decoded {}

        /** A change that is no event. */
        record Other(Backplane.Change change, Header header) implements Decoded {}

        /** A new epoch. */
        record NewEpoch(String name) implements Decoded {}
    }

    /**
     * Who has written an entry.
     *
     * @param publisher null if the publisher does not number its entries
     * @param timeMillis 0 if it is not known
     */
    record Header(@Nullable String publisher, long number, long timeMillis) {}

    private EntryCodec() {}

    // ---- writing

    /** The fields of the entries of a change: names and values in turn, without the number. */
    static List<List<Object>> encode(Backplane.Change change, long nowMillis) {
        List<List<Object>> entries = new ArrayList<>();
        if (change instanceof Backplane.Change.Events events) {
            int size = events.publications().size();
            for (int i = 0; i < size; i++) {
                List<Object> fields = begin(nowMillis);
                if (size > 1) {
                    add(fields, "part", i + "/" + size);
                }
                addEvent(fields, events.publications().get(i));
                entries.add(fields);
            }
        } else {
            List<Object> fields = begin(nowMillis);
            if (change instanceof Backplane.Change.TopicRemoval removal) {
                add(fields, "remove", removal.topic());
            } else if (change instanceof Backplane.Change.Revocation revocation) {
                add(fields, "revoke", revocation.principal());
            } else if (change instanceof Backplane.Change.NodePresence report) {
                PresenceCodec.add(fields, report);
            }
            entries.add(fields);
        }
        return entries;
    }

    private static List<Object> begin(long nowMillis) {
        List<Object> fields = new ArrayList<>(12);
        fields.add("v");
        fields.add(VERSION);
        add(fields, "t", Long.toString(nowMillis));
        return fields;
    }

    private static void addEvent(List<Object> fields, Publication publication) {
        Event event = publication.event();
        add(fields, "topic", String.join("\n", publication.topics()));
        add(fields, "event", event.name());
        add(fields, "id", event.id());
        add(fields, "key", event.key());
        Duration retry = event.retry();
        add(fields, "retry", retry == null ? null : Long.toString(retry.toMillis()));
        add(fields, "comment", event.comment());
        add(fields, "to", text(publication.recipients()));
        add(fields, "last", publication.last() ? "1" : null);
        add(fields, "data", event.data());
    }

    /** Adds a field. A text with an unpaired surrogate gets a replacement character there. */
    static void add(List<Object> fields, String name, @Nullable String value) {
        if (value != null) {
            fields.add(name);
            fields.add(bytes(value));
        }
    }

    private static @Nullable String text(Recipients recipients) {
        return switch (recipients.kind()) {
            case EVERYBODY -> null;
            case PRINCIPAL -> "principal:" + recipients.name();
            case GROUP -> "group:" + recipients.name();
            case CLIENT -> "client:" + recipients.name();
            case EXCEPT -> "except:" + recipients.name();
        };
    }

    /** What {@link #decode} bounds: all names and values, except for a mark as a duplicate, which Redis adds. */
    private static long sizeOf(Map<String, byte[]> fields) {
        long bytes = 0;
        for (Map.Entry<String, byte[]> field : fields.entrySet()) {
            if (!field.getKey().equals(DUPLICATE)) {
                bytes += field.getKey().length() + (long) field.getValue().length;
            }
        }
        return bytes;
    }

    /** At least what {@link #decode} bounds, for fields without a number yet. */
    static long sizeOf(List<Object> fields, String publisher) {
        long bytes = 1L + publisher.length() + MAX_DIGITS; // of the field n
        for (Object each : fields) {
            bytes += each instanceof byte[] value ? value.length : ((String) each).length();
        }
        return bytes;
    }

    // ---- reading

    static Decoded decode(Map<String, byte[]> fields, int maxBytes) throws BadEntryException {
        requireVersion(fields);
        long bytes = sizeOf(fields);
        if (bytes > maxBytes) {
            throw new BadEntryException(bytes + " bytes (expected: at most " + maxBytes + ")", false);
        }
        try {
            return decodeFields(fields);
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw new BadEntryException(String.valueOf(e.getMessage()), false);
        }
    }

    private static void requireVersion(Map<String, byte[]> fields) throws BadEntryException {
        Iterator<Map.Entry<String, byte[]>> all = fields.entrySet().iterator();
        Map.Entry<String, byte[]> first = all.hasNext() ? all.next() : null;
        if (first == null || !first.getKey().equals("v")) {
            throw new BadEntryException("the first field is not v", false);
        }
        byte[] version = first.getValue();
        if (version.length != 1 || version[0] != '1') {
            boolean isNumber = version.length > 0 && version.length < 10;
            for (byte each : version) {
                isNumber &= each >= '0' && each <= '9';
            }
            throw new BadEntryException("another version than 1", isNumber);
        }
    }

    private static Decoded decodeFields(Map<String, byte[]> fields) throws BadEntryException {
        Header header = header(fields);
        String epoch = text(fields, "epoch");
        if (epoch != null) {
            return new Decoded.NewEpoch(epoch);
        }
        String removed = text(fields, "remove");
        if (removed != null) {
            new Publication(removed, Event.of("")); // checks the name
            return new Decoded.Other(new Backplane.Change.TopicRemoval(removed), header);
        }
        String revoked = text(fields, "revoke");
        if (revoked != null) {
            return new Decoded.Other(new Backplane.Change.Revocation(revoked), header);
        }
        int[] part = part(text(fields, "part"));
        String presence = text(fields, "presence");
        if (presence != null) {
            return new Decoded.Other(
                    PresenceCodec.decode(presence, text(fields, "node"), text(fields, "members"), part), header);
        }
        Publication publication = publication(fields);
        String duplicateOf = text(fields, DUPLICATE);
        if (duplicateOf != null) {
            if (publication.event().id() == null) {
                throw new BadEntryException("field duplicate without an id", false);
            }
            new Publication(duplicateOf, Event.of("")); // checks the name
        }
        return new Decoded.OneEvent(publication, duplicateOf, header, part[0], part[1]);
    }

    private static Publication publication(Map<String, byte[]> fields) throws BadEntryException {
        String topics = text(fields, "topic");
        if (topics == null) {
            throw new BadEntryException("no field topic", false);
        }
        Event.Builder event = Event.builder();
        String data = text(fields, "data");
        if (data != null) {
            event.data(data);
        }
        String name = text(fields, "event");
        if (name != null) {
            event.name(name);
        }
        String id = text(fields, "id");
        if (id != null) {
            event.id(id);
        }
        String key = text(fields, "key");
        if (key != null) {
            event.key(key);
        }
        String comment = text(fields, "comment");
        if (comment != null) {
            event.comment(comment);
        }
        String retry = text(fields, "retry");
        if (retry != null) {
            event.retry(Duration.ofMillis(number(retry)));
        }
        String last = text(fields, "last");
        return new Publication(
                List.of(topics.split("\n", -1)), event.build(), recipients(text(fields, "to")), "1".equals(last));
    }

    private static Recipients recipients(@Nullable String text) throws BadEntryException {
        if (text == null) {
            return Recipients.everybody();
        }
        int colon = text.indexOf(':');
        String name = text.substring(colon + 1);
        return switch (text.substring(0, Math.max(0, colon))) {
            case "principal" -> Recipients.principal(name);
            case "group" -> Recipients.group(name);
            case "client" -> Recipients.client(name);
            case "except" -> Recipients.except(name);
            default -> throw new BadEntryException("unknown recipients", false); // not delivered to everybody
        };
    }

    private static Header header(Map<String, byte[]> fields) throws BadEntryException {
        String time = text(fields, "t");
        long timeMillis = time == null ? 0 : Math.max(0, number(time));
        String number = text(fields, "n");
        if (number == null) {
            return new Header(null, 0, timeMillis);
        }
        int colon = number.lastIndexOf(':');
        if (colon < 0 || number.length() > MAX_NUMBER_LENGTH) {
            throw new BadEntryException("field n without a number", false);
        }
        return new Header(number.substring(0, colon), number(number.substring(colon + 1)), timeMillis);
    }

    private static int[] part(@Nullable String text) throws BadEntryException {
        if (text == null) {
            return new int[] {0, 1};
        }
        int slash = text.indexOf('/');
        long index = number(text.substring(0, Math.max(0, slash)));
        long size = number(text.substring(slash + 1));
        if (index < 0 || size < 1 || index >= size || size > Integer.MAX_VALUE) {
            throw new BadEntryException("field part is not within its batch", false);
        }
        return new int[] {(int) index, (int) size};
    }

    private static long number(String text) throws BadEntryException {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new BadEntryException("a number is expected", false);
        }
    }

    private static @Nullable String text(Map<String, byte[]> fields, String name) throws BadEntryException {
        byte[] value = fields.get(name);
        if (value == null) {
            return null;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(value))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new BadEntryException("field " + name + " is not UTF-8", false);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
