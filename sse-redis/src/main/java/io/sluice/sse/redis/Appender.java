package io.sluice.sse.redis;

import io.lettuce.core.RedisCommandExecutionException;
import io.sluice.sse.backplane.Backplane;
import io.sluice.sse.backplane.BackplaneException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What this node appends: it sends each change at once, and keeps it until it has been read again from the stream. The
 * number and the bytes of these changes are bounded. Thread-safe.
 *
 * <p>A change gets a number that rises. If the connection is lost before Redis has answered, it is unknown whether the
 * change was added. It is not sent again. The next session reads the stream: if the number is there, the publication
 * has succeeded, otherwise its outcome is unknown.
 */
final class Appender {

    /**
     * So many commands may be without an answer. The client reads answers only when it has written what it was given,
     * so a publisher that never pauses would keep it from reading.
     */
    private static final int MAX_UNANSWERED = 8_192;

    /** How long after the begin of a session commands of an earlier one may still come. */
    private static final long LATE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    /** A change that waits for its place. */
    private static final class Pending {
        final List<List<Object>> entries;
        final Backplane.Change change;
        final Backplane.Receipt receipt;
        final long bytes;
        /** When it was sent, or when it began to wait. */
        long sinceNanos;
        /** Whether Redis has answered that it has the change. */
        boolean answered;
        /** To which epoch it was sent. */
        long epoch;

        Pending(Backplane.Change change, List<List<Object>> entries, long bytes, Backplane.Receipt receipt) {
            this.change = change;
            this.entries = entries;
            this.bytes = bytes;
            this.receipt = receipt;
        }
    }

    private final RedisOptions options;
    private final String publisher;
    private final Counters counters;
    private final AppendCommands commands;
    private final int maxUnanswered;

    // Guarded by this.
    private final LinkedHashMap<Long, Pending> sent = new LinkedHashMap<>();
    /** What was sent to a session that has failed. */
    private final LinkedHashMap<Long, Pending> doubtful = new LinkedHashMap<>();

    private final ArrayDeque<Pending> waiting = new ArrayDeque<>();
    private long pendingBytes;
    /**
     * Commands to the session without an answer. An event may be read from the stream before the answer comes, and then
     * does not wait any more; but its command still does.
     */
    private int unanswered;

    /** Whether changes of this node are in the stream that have not been read. */
    private boolean hasUnread;

    /** Whether the thread of the backplane waits until Redis has all changes of this node. */
    private boolean awaitsOwn;

    private long lastNumber;
    private @Nullable Session session;
    private String unavailable = "not connected yet";
    private boolean closed;
    /** When the session began, or when the last one failed. */
    private long changedNanos;
    /** When the last answer or entry came. */
    private long progressNanos;

    /** @param publisher distinguishes the changes of this process from all others */
    Appender(RedisOptions options, String publisher, String appendDigest, Counters counters) {
        this.options = options;
        this.publisher = publisher;
        this.commands = new AppendCommands(options, publisher, appendDigest);
        this.maxUnanswered = Math.min(MAX_UNANSWERED, options.bounds().pendingEntries());
        this.counters = counters;
    }

    // ---- publishers

    void append(Backplane.Change change, Backplane.Receipt receipt, long nowMillis) {
        List<List<Object>> entries = EntryCodec.encode(change, nowMillis);
        long bytes = 0;
        long largest = 0;
        for (List<Object> entry : entries) {
            long size = EntryCodec.sizeOf(entry, publisher);
            bytes += size;
            largest = Math.max(largest, size);
        }
        int bound = options.bounds().entryBytes();
        BackplaneException refused = largest > bound
                ? BackplaneException.tooLarge(largest + " bytes for the backplane (entryBytes: " + bound + ")")
                : tryAppend(new Pending(change, entries, bytes, receipt));
        if (refused != null) {
            receipt.failed(refused);
        }
    }

    private synchronized @Nullable BackplaneException tryAppend(Pending pending) {
        RedisOptions.Bounds bounds = options.bounds();
        if (closed) {
            return BackplaneException.notPublished("the backplane is closed", null);
        }
        int pendingNow = sent.size() + doubtful.size() + waiting.size();
        boolean isFull = pendingNow >= bounds.pendingEntries()
                || (pendingBytes > 0 && pendingBytes + pending.bytes > bounds.pendingBytes());
        if (isFull) {
            return BackplaneException.notPublished(
                    "Redis does not keep up: " + pendingNow + " changes of " + pendingBytes
                            + " bytes wait for it (pendingEntries: " + bounds.pendingEntries() + ", pendingBytes: "
                            + bounds.pendingBytes() + ")",
                    null);
        }
        Session now = session;
        if (now == null && options.timeouts().away().isZero()) {
            return BackplaneException.notPublished("Redis is away: " + unavailable, null);
        }
        pendingBytes += pending.bytes;
        pending.sinceNanos = System.nanoTime();
        waiting.add(pending);
        if (now != null) {
            sendWaiting(now);
        }
        return null;
    }

    /** What a session that has failed would not get waits for the next one. */
    private void sendWaiting(Session to) {
        while (!waiting.isEmpty() && unanswered < maxUnanswered && to.failure() == null) {
            send(waiting.remove(), to);
        }
    }

    private void send(Pending pending, Session to) {
        long number = ++lastNumber;
        pending.epoch = to.epoch();
        sent.put(number, pending);
        pending.sinceNanos = System.nanoTime();
        CompletionStage<?> answer;
        try {
            answer = commands.append(pending.change, pending.entries, number, to);
        } catch (RuntimeException e) {
            to.fail(e.toString());
            fail(number, BackplaneException.notPublished("Redis is away: " + e.getMessage(), e));
            return;
        }
        unanswered++;
        answer.whenComplete((id, failure) -> answered(number, to, id, failure));
    }

    /** As {@link AppendCommands#release}, unless Redis is away. */
    void release(Backplane.Change.Events events) {
        Session now;
        synchronized (this) {
            now = session;
        }
        if (now != null) {
            commands.release(events, now);
        }
    }

    // ---- Redis

    private void answered(long number, Session by, @Nullable Object id, @Nullable Throwable failure) {
        if (failure instanceof RedisCommandExecutionException refused) {
            String message = String.valueOf(refused.getMessage());
            if (!message.startsWith("OOM")) { // then another session would not help
                by.fail(message);
            }
            fail(number, BackplaneException.notPublished("Redis has refused the event: " + describe(message), refused));
        } else if (failure != null) {
            by.fail(failure.toString()); // the outcome is unknown until the next session has read the stream
        } else if (id == null || Long.valueOf(0).equals(id)) {
            by.fail("the stream is not there any more");
            fail(number, BackplaneException.notPublished("the stream of the hub is not in Redis any more", null));
        } else {
            setAnswered(number);
        }
        answerCame(by);
    }

    private synchronized void answerCame(Session by) {
        if (by == session) {
            unanswered--;
            sendWaiting(by);
            if (isReadDue()) {
                notifyAll();
            }
        }
    }

    private synchronized void setAnswered(long number) {
        progressNanos = System.nanoTime();
        Pending answered = sent.get(number);
        if (answered != null) { // otherwise it was read before
            answered.answered = true;
            hasUnread = true;
        }
    }

    /** A read of the stream begins. */
    synchronized void readBegins() {
        hasUnread = false;
    }

    /**
     * Waits for so long, so that the next read has more entries.
     *
     * @param forOwn whether to return as soon as Redis has all changes of this node, and some of them were not read:
     *     their publishers wait for nothing but the read then
     */
    synchronized void awaitMore(long nanos, boolean forOwn) throws InterruptedException {
        awaitsOwn = forOwn;
        long end = System.nanoTime() + nanos;
        for (long left = nanos; left > 0 && !isReadDue(); left = end - System.nanoTime()) {
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        awaitsOwn = false;
    }

    private boolean isReadDue() {
        return awaitsOwn && hasUnread && unanswered == 0;
    }

    private static String describe(String message) {
        String code = message.split(" ", 2)[0].toUpperCase(Locale.ROOT);
        return switch (code) {
            case "OOM" -> "it is out of memory (" + message + ")";
            case "READONLY" -> "it is a replica (" + message + ")";
            case "LOADING" -> "it is loading its data (" + message + ")";
            default -> message;
        };
    }

    private void fail(long number, BackplaneException cause) {
        Pending failed = remove(number);
        if (failed != null) {
            failed.receipt.failed(cause);
        }
    }

    private synchronized @Nullable Pending remove(long number) {
        Pending removed = sent.remove(number);
        if (removed == null) {
            removed = doubtful.remove(number);
        }
        if (removed != null) {
            pendingBytes -= removed.bytes;
        }
        return removed;
    }

    // ---- the thread of the backplane

    /** Whether an entry of this publisher is one of this process. */
    boolean isOwn(@Nullable String of) {
        return publisher.equals(of);
    }

    /** The receipt of a change of this process that was read; null if nothing waits for it any more. */
    Backplane.@Nullable Receipt take(long number) {
        Pending read;
        List<Pending> passed = new ArrayList<>(0);
        synchronized (this) {
            progressNanos = System.nanoTime();
            read = remove(number);
            takePassed(number, passed);
        }
        passed.forEach(each -> each.receipt.failed(
                BackplaneException.unknown("Redis has the event, and this node has not read it", null)));
        if (read == null) {
            return null;
        }
        counters.appended.increment();
        return read.receipt;
    }

    /** Entries come in the order of their numbers: what Redis has and was not read before this one is not coming. */
    private void takePassed(long number, List<Pending> into) {
        Iterator<Map.Entry<Long, Pending>> all = sent.entrySet().iterator();
        while (all.hasNext()) {
            Map.Entry<Long, Pending> oldest = all.next();
            if (oldest.getKey() > number || !oldest.getValue().answered) {
                return;
            }
            all.remove();
            pendingBytes -= oldest.getValue().bytes;
            into.add(oldest.getValue());
        }
    }

    /** A new epoch has begun. What was sent to an earlier one and has not been read is not in the stream. */
    void epochBegan(long epoch) {
        List<Pending> gone = new ArrayList<>();
        synchronized (this) {
            takeBefore(epoch, sent, gone);
            takeBefore(epoch, doubtful, gone);
        }
        gone.forEach(each -> each.receipt.failed(
                BackplaneException.unknown("Redis may have lost the event before this node has read it", null)));
    }

    private void takeBefore(long epoch, Map<Long, Pending> from, List<Pending> into) {
        from.values().removeIf(each -> {
            boolean isBefore = each.epoch < epoch;
            if (isBefore) {
                pendingBytes -= each.bytes;
                into.add(each);
            }
            return isBefore;
        });
    }

    /** From now on changes go to this session, which has read the stream to its end. */
    synchronized void attach(Session newSession) {
        session = newSession;
        unanswered = 0;
        changedNanos = System.nanoTime();
        progressNanos = changedNanos;
        sendWaiting(newSession);
    }

    /** There is no session now. */
    synchronized void detach(String reason) {
        if (session != null) { // otherwise another attempt has failed
            session = null;
            changedNanos = System.nanoTime();
        }
        unavailable = reason;
        doubtful.putAll(sent);
        sent.clear();
    }

    /** Fails what has waited for too long. */
    void tick() {
        List<Runnable> failures = new ArrayList<>();
        synchronized (this) {
            long now = System.nanoTime();
            long away = options.timeouts().away().toNanos();
            while (session == null && !waiting.isEmpty() && now - waiting.element().sinceNanos >= away) {
                Pending expired = waiting.remove();
                pendingBytes -= expired.bytes;
                String message = "Redis is away: " + unavailable;
                failures.add(() -> expired.receipt.failed(BackplaneException.notPublished(message, null)));
            }
            long command = options.timeouts().command().toNanos();
            Session current = session;
            if (current != null && oldestAge(now) >= command) {
                current.fail("no answer within " + options.timeouts().command());
            }
            // Redis may read what it got from the old connection a moment after it has accepted the new one.
            long longest = current == null ? command + away : LATE_NANOS;
            if (!doubtful.isEmpty() && now - changedNanos >= longest) {
                doubtful.values()
                        .forEach(each -> failures.add(() -> each.receipt.failed(BackplaneException.unknown(
                                "the connection to Redis was lost before it has answered", null))));
                doubtful.values().forEach(each -> pendingBytes -= each.bytes);
                doubtful.clear();
            }
        }
        failures.forEach(Runnable::run);
    }

    /** How long nothing has come although something was sent: a backlog alone is no fault. */
    private long oldestAge(long now) {
        Iterator<Pending> all = sent.values().iterator();
        return all.hasNext() ? now - Math.max(all.next().sinceNanos, progressNanos) : 0;
    }

    void close() {
        List<Pending> unknown;
        List<Pending> unsent;
        synchronized (this) {
            closed = true;
            session = null;
            unknown = new ArrayList<>(doubtful.values());
            unknown.addAll(sent.values());
            unsent = new ArrayList<>(waiting);
            sent.clear();
            doubtful.clear();
            waiting.clear();
            pendingBytes = 0;
        }
        unknown.forEach(each -> each.receipt.failed(BackplaneException.unknown("the hub was closed", null)));
        unsent.forEach(each -> each.receipt.failed(BackplaneException.notPublished("the hub was closed", null)));
    }
}
