package io.sluice.sse.redis;

import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.StreamMessage;
import io.sluice.sse.backplane.Backplane;
import io.sluice.sse.backplane.BackplaneException;
import io.sluice.sse.topic.Publication;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Reads earlier entries of the stream again, for clients that are older than the memory of the node. Each read is one
 * page. Entries that this node has found to be repetitions are left out. In what was there before this node began,
 * repetitions are found within a page only.
 */
final class StreamPages {

    /** The size of a page in bytes, for entries as large as the earlier ones. */
    private static final long PAGE_BYTES = 1 << 20;

    /** Of so many repetitions the positions are known. */
    private static final int MAX_REPETITIONS = 4096;

    private final RedisOptions options;
    private final Appender appender;
    private final PageSize pageSize = new PageSize(PAGE_BYTES);
    private final TreeSet<Long> repetitions = new TreeSet<>();
    private volatile @Nullable Session session;

    StreamPages(RedisOptions options, Appender appender) {
        this.options = options;
        this.appender = appender;
    }

    /** From now on this session is used; null if Redis is away. */
    void use(@Nullable Session newSession) {
        session = newSession;
    }

    /** The entry at this position is a repetition. */
    synchronized void addRepetition(long position) {
        repetitions.add(position);
        if (repetitions.size() > MAX_REPETITIONS) {
            repetitions.pollFirst();
        }
    }

    private synchronized boolean isRepetition(long position) {
        return repetitions.contains(position);
    }

    /** As {@link Backplane#read}. */
    Backplane.Page read(long after, long upTo, int changes, boolean newest) {
        int count = Math.min(changes, pageSize.entries());
        List<StreamMessage<String, byte[]>> messages = new ArrayList<>(fetch(after, upTo, count, newest));
        if (newest) {
            Collections.reverse(messages);
        }
        if (changes > 1) { // single reads, of a search by time, say nothing about a page
            pageSize.read(messages.size(), StreamReader.bytesOf(messages));
        }
        PageOf page = new PageOf();
        return newest ? page.before(upTo, messages) : page.after(after, upTo, messages);
    }

    private List<StreamMessage<String, byte[]>> fetch(long after, long upTo, int count, boolean newest) {
        Session now = session;
        if (now == null) {
            throw BackplaneException.notRead("Redis is away", null);
        }
        Range<String> range = Range.from(
                Range.Boundary.excluding(Position.idOf(after)), Range.Boundary.including(Position.idOf(upTo)));
        Limit limit = Limit.from(count);
        try {
            RedisFuture<List<StreamMessage<String, byte[]>>> answer = newest
                    ? now.pages().xrevrange(options.streamKey(), range, limit)
                    : now.pages().xrange(options.streamKey(), range, limit);
            return answer.get(options.timeouts().command().toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException | RuntimeException e) {
            pageSize.failed();
            throw BackplaneException.notRead("the stream could not be read: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw BackplaneException.notRead("interrupted", e);
        }
    }

    /** One page. */
    private final class PageOf {

        private final List<Backplane.Entry> entries = new ArrayList<>();
        /** The number and the part that each publisher has reached in this page. */
        private final Map<String, long[]> numbers = new HashMap<>();

        /** The page ends before a hole, unless it begins with one. */
        Backplane.Page after(long after, long upTo, List<StreamMessage<String, byte[]>> messages) {
            long from = after;
            long last = after;
            for (StreamMessage<String, byte[]> message : messages) {
                Long at = Position.parse(message.getId());
                if (at == null) {
                    continue; // the next session deletes it
                }
                boolean isReadable = add(at, message);
                if (at != last + 1 || !isReadable) {
                    if (last > after) {
                        return new Backplane.Page(entries, from, last);
                    }
                    from = isReadable ? at - 1 : at;
                }
                last = at;
            }
            return last == after ? new Backplane.Page(List.of(), upTo, upTo) : new Backplane.Page(entries, from, last);
        }

        /** The last entries up to a position, in spite of holes. */
        Backplane.Page before(long upTo, List<StreamMessage<String, byte[]>> messages) {
            long from = upTo;
            for (StreamMessage<String, byte[]> message : messages) {
                Long at = Position.parse(message.getId());
                if (at != null) {
                    from = Math.min(from, at - 1);
                    add(at, message);
                }
            }
            return new Backplane.Page(entries, from, upTo);
        }

        /** @return false if a later version of this library has written the entry, so that an event is lost here */
        private boolean add(long at, StreamMessage<String, byte[]> message) {
            try {
                add(at, EntryCodec.decode(message.getBody(), options.bounds().entryBytes()));
            } catch (EntryCodec.BadEntryException e) {
                return !e.isOfLaterVersion;
            }
            return true;
        }

        private void add(long at, EntryCodec.Decoded decoded) {
            if (decoded instanceof EntryCodec.Decoded.Other other && isNew(at, other.header(), 0)) {
                add(at, other.change(), other.header());
            } else if (decoded instanceof EntryCodec.Decoded.OneEvent event
                    && isNew(at, event.header(), event.part())
                    && event.duplicateOf() == null) {
                List<Publication> one = List.of(event.publication());
                add(at, new Backplane.Change.Events(one), event.header());
            }
        }

        private void add(long at, Backplane.Change change, EntryCodec.Header header) {
            boolean isOwn = appender.isOwn(header.publisher());
            entries.add(new Backplane.Entry(at, change, header.timeMillis(), isOwn, null));
        }

        private boolean isNew(long at, EntryCodec.Header header, int part) {
            if (isRepetition(at)) {
                return false;
            }
            if (header.publisher() == null) {
                return true;
            }
            long[] reached = numbers.get(header.publisher());
            boolean isNew = reached == null
                    || header.number() > reached[0]
                    || (header.number() == reached[0] && part > reached[1]);
            if (isNew) {
                numbers.put(header.publisher(), new long[] {header.number(), part});
            }
            return isNew;
        }
    }
}
