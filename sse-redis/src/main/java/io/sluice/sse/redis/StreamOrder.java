package io.sluice.sse.redis;

import io.sluice.sse.backplane.Backplane;
import io.sluice.sse.backplane.BackplaneException;
import io.sluice.sse.topic.Publication;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes changes of the entries of the stream, in their order. It finds holes, new epochs and repetitions, puts batches
 * together, and skips what it cannot understand. Confined to the thread of the backplane.
 */
final class StreamOrder {

    private static final Logger log = LoggerFactory.getLogger(RedisBackplane.class);

    /** Of so many publishers it is known which number they have reached. */
    private static final int MAX_PUBLISHERS = 1024;

    /** An entry has an id that cannot be a position, so nothing can follow it until it is deleted. */
    static final class BadIdException extends Exception {
        private static final long serialVersionUID = 1;

        BadIdException(String id) {
            super("an entry has the id " + id + ", which no event of a hub can have", null, false, false);
        }
    }

    private final Backplane.Receiver receiver;
    private final Appender appender;
    private final Counters counters;
    private final StreamPages pages;
    private final int maxEntryBytes;

    /** The number that each publisher has reached. */
    private final Map<String, Long> numbers = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > MAX_PUBLISHERS;
        }
    };

    private boolean begun;
    private String sequence = "";
    /** The position of the last entry. */
    private long position;
    /** The position up to which the hub has everything. */
    private long delivered;

    private List<Backplane.Entry> ready = new ArrayList<>();
    private @Nullable Batch batch;
    /** The last event of a batch of which some events were lost; its other events may follow. */
    private EntryCodec.Decoded.@Nullable OneEvent cut;

    /** How many changes of other nodes were read. */
    private long ofOthers;

    private long skippedLogged;

    /** @param pages is notified of repetitions */
    StreamOrder(
            Backplane.Receiver receiver, Appender appender, Counters counters, StreamPages pages, int maxEntryBytes) {
        this.receiver = receiver;
        this.pages = pages;
        this.appender = appender;
        this.counters = counters;
        this.maxEntryBytes = maxEntryBytes;
    }

    /** A batch of which some events have been read. */
    private static final class Batch {
        /** The last event that was read. */
        EntryCodec.Decoded.OneEvent last;

        final long first;
        final List<Publication> publications = new ArrayList<>();
        final Map<Integer, String> duplicates = new HashMap<>(2);

        Batch(EntryCodec.Decoded.OneEvent event, long first) {
            this.last = event;
            this.first = first;
        }

        EntryCodec.Header header() {
            return last.header();
        }

        boolean continuesWith(EntryCodec.Decoded.OneEvent event) {
            return event.part() == publications.size() && isRest(last, event);
        }
    }

    /** Whether an event comes later in the same batch. Without a number it is not known to which batch it belongs. */
    private static boolean isRest(EntryCodec.Decoded.OneEvent before, EntryCodec.Decoded.OneEvent event) {
        String publisher = before.header().publisher();
        return publisher != null
                && publisher.equals(event.header().publisher())
                && event.header().number() == before.header().number()
                && event.parts() == before.parts()
                && event.part() > before.part();
    }

    boolean hasBegun() {
        return begun;
    }

    /** The name of the sequence; empty before it has begun. */
    String name() {
        return sequence;
    }

    /** How many changes of other nodes were read. */
    long ofOthers() {
        return ofOthers;
    }

    /** The position of the last entry that was read. */
    long position() {
        return position;
    }

    /** Begins after a position: what was there before is not read. */
    void begin(String name, long after, long timeMillis) {
        begun = true;
        sequence = name;
        position = after;
        delivered = after;
        receiver.begin(epochOf(name), after, timeMillis);
    }

    /**
     * The first entry shows what was trimmed.
     *
     * @param time when it was published, in milliseconds since 1970, if that is known: what was before it is older
     */
    void reportTrimmed(String firstId, String time) {
        Long first = Position.parse(firstId);
        if (first != null && first > Position.of(1, 0)) {
            receiver.trimmed(first - 1, time.isEmpty() ? System.currentTimeMillis() : Answers.millis(time));
        }
    }

    /** The stream has this name now. */
    void checkName(String name) {
        if (!name.equals(sequence)) {
            sequence = name;
            receiver.begin(epochOf(name), position, System.currentTimeMillis());
        }
    }

    private static long epochOf(String name) {
        try {
            return Long.parseLong(name);
        } catch (NumberFormatException e) {
            return name.hashCode(); // another program has written another text
        }
    }

    /** Takes an entry. @param isOld whether it is read much later than it was added */
    void accept(String id, Map<String, byte[]> fields, boolean isOld) throws BadIdException {
        Long at = Position.parse(id);
        if (at == null) {
            throw new BadIdException(id);
        }
        if (at <= position) {
            return;
        }
        if (at != position + 1) {
            if (Position.number(at) == 0) {
                lose(at, "epoch " + Position.epoch(at) + " begins, because Redis may have lost entries");
                appender.epochBegan(Position.epoch(at));
            } else {
                lose(at - 1, "entries before " + id + " are not in the stream any more");
            }
        }
        position = at;
        try {
            take(at, EntryCodec.decode(fields, maxEntryBytes), isOld);
        } catch (EntryCodec.BadEntryException e) {
            counters.skipped.increment();
            logSkipped(id, e.getMessage());
            if (e.isOfLaterVersion) {
                lose(at, "entry " + id + " is of a later version");
            }
        } catch (Error e) { // for example, no memory is left: the entry is not read a second time
            lose(at, "entry " + id + " could not be taken: " + e);
            throw e;
        }
    }

    private void take(long at, EntryCodec.Decoded decoded, boolean isOld) {
        if (decoded instanceof EntryCodec.Decoded.NewEpoch epoch) {
            if (Position.number(at) == 0) {
                checkName(epoch.name());
            } else {
                counters.skipped.increment(); // not written by a node
            }
        } else if (decoded instanceof EntryCodec.Decoded.Other other) {
            if (isNew(other.header())) {
                endBatch();
                add(at, other.change(), other.header(), isOld);
            }
        } else if (decoded instanceof EntryCodec.Decoded.OneEvent event) {
            takeEvent(at, event, isOld);
        }
    }

    private void takeEvent(long at, EntryCodec.Decoded.OneEvent event, boolean isOld) {
        Batch open = batch;
        if (open != null && open.continuesWith(event)) {
            addToBatch(open, event, isOld);
            return;
        }
        endBatch();
        boolean isRest = cut != null && isRest(cut, event);
        if (!isRest && !isNew(event.header())) {
            return;
        }
        if (isRest || event.part() != 0) { // its begin was lost, which the clients know
            cut = event;
            addRest(at, List.of(event.publication()), duplicatesOf(event), event.header());
            return;
        }
        Batch begun = new Batch(event, at);
        batch = begun;
        addToBatch(begun, event, isOld);
    }

    private static Map<Integer, String> duplicatesOf(EntryCodec.Decoded.OneEvent event) {
        return event.duplicateOf() == null ? Map.of() : Map.of(0, event.duplicateOf());
    }

    private void addToBatch(Batch open, EntryCodec.Decoded.OneEvent event, boolean isOld) {
        if (event.duplicateOf() != null) {
            open.duplicates.put(open.publications.size(), event.duplicateOf());
        }
        open.publications.add(event.publication());
        open.last = event;
        if (open.publications.size() == event.parts()) {
            batch = null;
            add(
                    open.first,
                    new Backplane.Change.Events(
                            open.publications.size() == 1 ? List.of(event.publication()) : open.publications,
                            open.duplicates.isEmpty() ? Map.of() : open.duplicates),
                    open.header(),
                    isOld);
        }
    }

    /** The rest of a batch does not follow at once. Its events are delivered all the same. */
    private void endBatch() {
        Batch open = batch;
        if (open != null) {
            batch = null;
            cut = open.last;
            addRest(open.first, open.publications, open.duplicates, open.header());
        }
    }

    /** Adds events of a batch that is not complete: its publication does not complete with some of its events. */
    private void addRest(
            long at, List<Publication> publications, Map<Integer, String> duplicates, EntryCodec.Header of) {
        add(
                at,
                new Backplane.Change.Events(publications, duplicates),
                new EntryCodec.Header(null, 0, of.timeMillis()),
                true);
    }

    /** Whether the publisher has not added the entry before. The events of a batch have the same number. */
    private boolean isNew(EntryCodec.Header header) {
        if (header.publisher() == null) {
            return true;
        }
        Long before = numbers.get(header.publisher());
        if (before != null && header.number() <= before) {
            pages.addRepetition(position);
            return false;
        }
        numbers.put(header.publisher(), header.number());
        return true;
    }

    private void add(long at, Backplane.Change change, EntryCodec.Header header, boolean isOld) {
        boolean isOwn = appender.isOwn(header.publisher());
        ofOthers += isOwn ? 0 : 1;
        ready.add(new Backplane.Entry(
                at, change, isOld ? header.timeMillis() : 0, isOwn, isOwn ? appender.take(header.number()) : null));
    }

    /** Everything up to this position may be lost. */
    void lose(long upTo, String reason) {
        endBatch();
        deliver();
        position = Math.max(position, upTo);
        delivered = Math.max(delivered, upTo);
        counters.gaps.increment();
        log.warn("events may be lost, and all clients get a gap: {}", reason);
        receiver.lost(upTo);
    }

    /** Hands over what was read, except for a batch that is not complete. */
    void deliver() {
        Batch open = batch;
        long upTo = open == null ? position : open.first - 1;
        if (ready.isEmpty() && upTo <= delivered) {
            return;
        }
        List<Backplane.Entry> all = ready;
        ready = new ArrayList<>();
        counters.received.add(all.size());
        delivered = Math.max(delivered, upTo);
        try {
            counters.skipped.add(receiver.received(all, delivered));
        } catch (RuntimeException e) {
            loseUnreceived(all, e);
        } catch (Error e) {
            loseUnreceived(all, e);
            throw e;
        }
    }

    /** The hub may have taken over some of these entries. It is not known which, so all of them count as lost. */
    private void loseUnreceived(List<Backplane.Entry> entries, Throwable cause) {
        counters.gaps.increment();
        log.error("the hub has failed to take over events, and all clients get a gap", cause);
        receiver.lost(delivered);
        for (Backplane.Entry entry : entries) {
            Backplane.Receipt receipt = entry.receipt();
            if (receipt != null) { // has no effect on a publication that has its outcome already
                receipt.failed(BackplaneException.unknown("this node has failed to take over the event", cause));
            }
        }
    }

    private void logSkipped(String id, @Nullable String reason) {
        long now = System.nanoTime();
        if (skippedLogged == 0 || now - skippedLogged > 1_000_000_000L) {
            skippedLogged = now;
            log.warn("entry {} is skipped: {} ({} in all)", id, reason, counters.skipped.sum());
        }
    }
}
