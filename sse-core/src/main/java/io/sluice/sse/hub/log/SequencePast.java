package io.sluice.sse.hub.log;

import io.sluice.sse.backplane.Backplane;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Recipients;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The past events of a backplane that keeps the sequence. It reads all topics of a page, since the sequence has no
 * other order, and takes what the client subscribes to. The last pages are kept, so that clients at about the same
 * place share them. A page that begins with a hole shows that the sequence was trimmed meanwhile, or that entries were
 * deleted from its middle.
 *
 * <p>A topic may have been removed after an event. The removals since this node began are reported; earlier ones are
 * looked for in the sequence before anything older is returned. The search goes back from the begin of this node, a few
 * pages for each read, so that other clients have their turn.
 */
final class SequencePast implements PastEvents {

    /** How many changes are read at once. */
    static final int PAGE_CHANGES = 500;

    /** How many pages one read passes without an event for the client, or to find removals. Then others follow. */
    private static final int PAGES_AT_ONCE = 4;

    /** How many changes a replay looks at. */
    static final int MAX_SEARCHED = 10_000;

    private static final int MAX_CACHED_PAGES = 32;
    private static final long MAX_CACHED_BYTES = 16 << 20;
    private static final int MAX_REMOVALS = 4096;

    /** A page of the sequence, with the form of the events for clients. */
    private record Loaded(EventIds ids, boolean mayHaveHoles, long from, long to, List<LogEntry> entries, long bytes) {

        /** A reader that goes forward must find each hole, since events may be lost there. */
        boolean hasNext(long after) {
            return !mayHaveHoles && from <= after && to > after;
        }
    }

    private final HubLog log;
    private final Backplane backplane;
    private final SharedSequencer sequencer;

    // Confined to the reader's thread.
    private final ArrayDeque<Loaded> cache = new ArrayDeque<>();
    private long cachedBytes;

    // Guarded by this.
    /** The positions of the removals of topics. */
    private final Map<String, Long> removals = new HashMap<>();
    /** After this position all removals are known. */
    private long removalsKnownAfter;

    SequencePast(HubLog log, Backplane backplane, SharedSequencer sequencer) {
        this.log = log;
        this.backplane = backplane;
        this.sequencer = sequencer;
    }

    // ---- from the backplane's thread

    /** This node begins: it is notified of later removals. */
    synchronized void beginAfter(long position) {
        removalsKnownAfter = position;
    }

    /** A topic was removed at this position. */
    void removed(String topic, long position) {
        Long forgotten = null;
        synchronized (this) {
            removals.merge(topic, position, Math::max);
            if (removals.size() > MAX_REMOVALS) {
                forgotten = Collections.min(removals.values());
                removals.values().remove(forgotten);
            }
        }
        if (forgotten != null) {
            log.trimmed(forgotten, log.nanos()); // a gap, since what was removed must not come back
        }
    }

    private synchronized boolean isRemoved(LogEntry entry) {
        Long at = removals.get(entry.topic);
        return at != null && entry.position <= at;
    }

    // ---- reads, on the reader's thread

    @Override
    public Page read(Topics topics, long after, long upTo, int maxBytes) {
        List<LogEntry> found = new ArrayList<>();
        if (!findRemovals(after, PAGES_AT_ONCE)) {
            return new Page(found, after); // the next read of the client continues the search
        }
        long end = after;
        for (int i = 0; i < PAGES_AT_ONCE && end < upTo && found.isEmpty(); i++) {
            Loaded page = load(end, false);
            if (page.from > end) {
                end = meetHole(end, page.from, upTo);
                break;
            }
            long limit = Math.min(upTo, page.to);
            long from = end;
            end = collect(
                    page,
                    entry -> entry.position > from && entry.position <= limit && topics.matches(entry.topic),
                    maxBytes,
                    found,
                    limit);
        }
        log.dropAfterEnds(found);
        return new Page(found, end);
    }

    /**
     * The sequence has nothing between these two positions. Clients at this place get a gap, which they notice when
     * they are served next.
     *
     * @return the position up to which clients can be served before that gap
     */
    private long meetHole(long after, long from, long upTo) {
        long limit = log.limitBeforeLoss(after);
        if (limit <= from) {
            return Math.min(upTo, limit); // each client gets a gap there
        }
        if (log.trimmedPosition() < from) {
            boolean isBegin = backplane.read(0, from, 1, true).from() == from;
            if (isBegin) {
                log.trimmed(from, log.nanos());
            } else {
                log.addHole(after, from);
            }
        }
        return after;
    }

    /** @return the position up to which the copy is complete */
    private long collect(Loaded page, Predicate<LogEntry> isMeant, int maxBytes, List<LogEntry> into, long limit) {
        int room = maxBytes;
        for (LogEntry entry : page.entries) {
            if (!isMeant.test(entry) || isRemoved(entry)) {
                continue;
            }
            boolean isRepeat = !into.isEmpty() && into.get(into.size() - 1).position == entry.position;
            if (!isRepeat && !into.isEmpty() && entry.wire.length > room) {
                return entry.position - 1;
            }
            into.add(entry);
            room -= isRepeat ? 0 : entry.wire.length;
        }
        return limit;
    }

    /** At most {@link #MAX_SEARCHED} changes are looked at. Topics that conflate, or are live-only, do not count. */
    @Override
    public long beforeLast(Topics topics, int events, long upTo) {
        long before = upTo;
        long oldest = upTo + 1;
        int left = events;
        for (int searched = 0; searched < MAX_SEARCHED && before > log.trimmedPosition(); searched += PAGE_CHANGES) {
            Loaded page = load(before, true);
            if (page.from >= before) {
                break;
            }
            findRemovals(page.from, Integer.MAX_VALUE); // within what is searched
            for (int i = page.entries.size() - 1; i >= 0; i--) {
                LogEntry entry = page.entries.get(i);
                if (entry.position >= oldest || !isNews(topics, entry)) {
                    continue;
                }
                oldest = entry.position;
                if (--left == 0) {
                    return oldest - 1;
                }
            }
            before = page.from;
        }
        return oldest - 1;
    }

    private boolean isNews(Topics topics, LogEntry entry) {
        return topics.matches(entry.topic)
                && !log.isLiveOnly(entry.topic)
                && !log.conflates(entry.topic)
                && !isRemoved(entry);
    }

    /** A binary search by the times of publishers, which may differ as their clocks do. */
    @Override
    public long before(Topics topics, Instant time, long upTo) {
        long millis = time.toEpochMilli();
        long low = Math.min(Math.max(log.trimmedPosition(), beforeFirst(upTo)), upTo);
        long high = upTo;
        while (low < high) {
            long middle = low + (high - low) / 2;
            Backplane.Page page = backplane.read(middle, high, 1, false);
            Backplane.Entry first =
                    page.entries().isEmpty() ? null : page.entries().get(0);
            if (first == null && page.to() < high) {
                low = page.to();
            } else if (first != null && first.timeMillis() > 0 && first.timeMillis() < millis) {
                low = first.position();
            } else { // an event of unknown time is not left out
                high = middle;
            }
        }
        return low;
    }

    /** Clients that have connected before the sequence began stand at position 0, so no other client may. */
    private long beforeFirst(long upTo) {
        if (log.trimmedPosition() > 0) {
            return 0;
        }
        Backplane.Page page = backplane.read(0, upTo, 1, false);
        return page.entries().isEmpty() ? page.from() : page.entries().get(0).position() - 1;
    }

    // ---- pages

    /** The page after a position, or the one before it. */
    private Loaded load(long position, boolean isBefore) {
        EventIds ids = sequencer.ids();
        for (Loaded page : cache) {
            boolean fits = isBefore ? page.to == position && page.from < position : page.hasNext(position);
            if (fits && page.ids == ids) {
                return page;
            }
        }
        Backplane.Page read = isBefore
                ? backplane.read(0, position, PAGE_CHANGES, true)
                : backplane.read(position, log.head(), PAGE_CHANGES, false);
        Loaded page = convert(read, ids, isBefore);
        cache.addFirst(page);
        cachedBytes += page.bytes;
        while (cache.size() > 1 && (cache.size() > MAX_CACHED_PAGES || cachedBytes > MAX_CACHED_BYTES)) {
            cachedBytes -= cache.removeLast().bytes;
        }
        return page;
    }

    private Loaded convert(Backplane.Page page, EventIds ids, boolean mayHaveHoles) {
        List<LogEntry> entries = new ArrayList<>();
        long bytes = 0;
        for (Backplane.Entry entry : page.entries()) {
            if (entry.change() instanceof Backplane.Change.Events events) {
                for (Publication publication : events.publications()) {
                    bytes += convert(entry, publication, ids, entries);
                }
            }
        }
        return new Loaded(ids, mayHaveHoles, page.from(), page.to(), entries, bytes);
    }

    private long convert(Backplane.Entry entry, Publication publication, EventIds ids, List<LogEntry> into) {
        if (publication.event().data() == null || !sequencer.isPublishable(publication)) {
            return 0; // the removal of a key is no event
        }
        PendingEvent event = PendingEvent.of(publication, ids);
        if (event.publisherId() == null) {
            ids.writeLinePosition(event.wire(), entry.position());
        }
        Recipients meant = entry.fromThisNode() ? event.recipients() : RecipientCodec.ofOtherNode(event.recipients());
        @Nullable Recipients recipients = meant.isEverybody() ? null : meant;
        for (String topic : event.topics()) {
            into.add(LogEntry.read(entry.position(), topic, event.wire(), event.publisherId(), recipients));
        }
        return event.wire().length
                + (long) LogEntry.OVERHEAD_BYTES * event.topics().size();
    }

    /**
     * Looks for the removals after this position that were made before this node began. What was found stays known if a
     * page cannot be read.
     *
     * @param pages how many pages are read at most
     * @return whether all of them are known
     */
    private boolean findRemovals(long after, int pages) {
        long known = removalsKnownAfter();
        for (int i = 0; known > Math.max(after, log.trimmedPosition()); i++) {
            if (i == pages) {
                return false;
            }
            Backplane.Page page = backplane.read(after, known, PAGE_CHANGES, true);
            for (Backplane.Entry entry : page.entries()) {
                if (entry.change() instanceof Backplane.Change.TopicRemoval removal) {
                    removed(removal.topic(), entry.position());
                }
            }
            setRemovalsKnown(known, page.from() < known ? page.from() : after); // else nothing is between the two
            known = removalsKnownAfter();
        }
        return true;
    }

    private synchronized long removalsKnownAfter() {
        return removalsKnownAfter;
    }

    private synchronized void setRemovalsKnown(long before, long after) {
        if (removalsKnownAfter == before) { // otherwise the node has begun anew
            removalsKnownAfter = after;
        }
    }
}
