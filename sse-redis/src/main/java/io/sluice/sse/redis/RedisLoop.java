package io.sluice.sse.redis;

import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread of a backplane. It connects, reads the stream, and after any failure it connects again, with a growing
 * pause that is partly random, so that the nodes do not come back together.
 *
 * <p>One session after another: attach to the epoch, read to the end of the stream, let the appender send, then read
 * what comes. Once a second a check shows whether Redis still takes writes and whether something was deleted. So a
 * process that answers nothing any more is found within the timeout for commands.
 */
final class RedisLoop implements Runnable {

    private static final Logger log = LoggerFactory.getLogger(RedisBackplane.class);

    /** What a node loads at most when it begins: it has to hold all of it before it can deliver the oldest. */
    private static final long MAX_LOADED_BYTES = 64 << 20;

    private static final Duration BLOCK = Duration.ofSeconds(1);
    private static final long TICK_MILLIS = 50;
    private static final long CHECK_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long FIRST_PAUSE_MILLIS = 50;
    private static final long LAST_PAUSE_MILLIS = 5_000;

    private final RedisOptions options;
    private final Appender appender;
    private final StreamOrder order;
    private final StreamPages pages;
    private final Counters counters;
    private final String newName;
    private final String nodeKey;

    private final Thread thread;
    private final CountDownLatch attachedOnce = new CountDownLatch(1);
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile @Nullable String unavailable = "not connected yet";
    /** Whether the thread may be interrupted. Guarded by this. */
    private boolean connects = true;

    // Confined to the thread.
    private final PageSize pageSize = new PageSize(PageSize.BYTES);
    private @Nullable Connector connector;
    private @Nullable RedisFuture<List<Object>> check;
    private long checkNanos;
    /** The position at the last check that had found later entries; -1 if it had found none. */
    private long behindAt = -1;
    /** Whether a read that began after that check has found nothing. */
    private boolean emptyRead;
    /** The position when the last check was sent. */
    private long checkedFrom;

    RedisLoop(
            RedisOptions options,
            Appender appender,
            StreamOrder order,
            StreamPages pages,
            Counters counters,
            String newName,
            String publisher) {
        this.options = options;
        this.appender = appender;
        this.order = order;
        this.pages = pages;
        this.counters = counters;
        this.newName = newName;
        this.nodeKey = options.streamKey() + ":node:" + publisher;
        this.thread = new Thread(this, "sluice-redis");
        thread.setDaemon(true);
    }

    // ---- any thread

    /** Starts the thread. Waits until it has read the stream to its end once, at most for this time. */
    void start(Duration wait) {
        thread.start();
        try {
            if (!attachedOnce.await(wait.toNanos(), TimeUnit.NANOSECONDS)) {
                log.warn("Redis is away ({}); the hub begins without it and tries again", unavailable);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Nullable
    String unavailable() {
        return unavailable;
    }

    void close() {
        closing.countDown();
        synchronized (this) {
            if (connects) {
                thread.interrupt();
            }
        }
        if (Thread.currentThread() == thread) {
            return;
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isClosing() {
        return closing.getCount() == 0;
    }

    // ---- its thread

    @Override
    public void run() {
        try (Connector all = new Connector(options)) {
            connector = all;
            serveUntilClosed();
            boolean wasInterrupted = endConnecting();
            log.debug("closing, interrupted: {}", wasInterrupted);
        } catch (RuntimeException | Error e) {
            String reason = "its thread has failed: " + e;
            unavailable = reason;
            appender.detach(reason);
            log.error("the thread of the backplane has failed", e);
        }
    }

    /** From now on the thread is not interrupted any more: the client does not close on a thread that is. */
    private synchronized boolean endConnecting() {
        connects = false;
        return Thread.interrupted();
    }

    private void serveUntilClosed() {
        try {
            long pause = FIRST_PAUSE_MILLIS;
            while (!isClosing()) {
                boolean attached = serveOnce();
                pause = attached ? FIRST_PAUSE_MILLIS : Math.min(2 * pause, LAST_PAUSE_MILLIS);
                pauseFor(pause);
            }
        } catch (InterruptedException e) {
            log.debug("the hub closes"); // without the flag, since the client is closed on this thread
        }
    }

    /** Half of the pause is random. Waiting publications fail in time meanwhile. */
    private void pauseFor(long millis) throws InterruptedException {
        long end = System.nanoTime()
                + TimeUnit.MILLISECONDS.toNanos(
                        millis / 2 + ThreadLocalRandom.current().nextLong(millis / 2 + 1));
        for (long left = end - System.nanoTime(); left > 0 && !isClosing(); left = end - System.nanoTime()) {
            if (closing.await(Math.min(left, TimeUnit.MILLISECONDS.toNanos(TICK_MILLIS)), TimeUnit.NANOSECONDS)) {
                return;
            }
            appender.tick();
        }
    }

    /** One session, until it fails. @return whether the appender could send */
    private boolean serveOnce() throws InterruptedException {
        boolean attached = false;
        String reason;
        Session session = null;
        try {
            session = connect();
            attach(session);
            attached = true;
            available(session);
            read(session);
            reason = String.valueOf(session.failure());
        } catch (StreamOrder.BadIdException e) {
            reason = String.valueOf(e.getMessage());
        } catch (ExecutionException | TimeoutException | RuntimeException e) {
            reason = reasonOf(e);
        } catch (Error e) { // for example, a page did not fit into the memory: the next attempt reads a smaller one
            reason = e.toString();
            log.error("the thread of the backplane has failed and connects again", e);
        } catch (InterruptedException e) {
            closeSession(session);
            throw e;
        }
        if (!isClosing()) {
            pageSize.failed();
            if (attached || !reason.equals(unavailable)) {
                log.warn("Redis is away: {}", reason);
            }
            unavailable = reason;
            pages.use(null);
            appender.detach(reason); // before the session is closed, which takes a while
        }
        closeSession(session);
        return attached;
    }

    private static void closeSession(@Nullable Session session) {
        if (session != null) {
            session.close();
        }
    }

    /** Two connections. Waiting publications fail in time meanwhile. */
    private Session connect() throws ExecutionException, TimeoutException, InterruptedException {
        StatefulRedisConnection<String, byte[]> reads = connectOnce();
        try {
            return new Session(reads, connectOnce());
        } catch (ExecutionException | TimeoutException | InterruptedException | RuntimeException | Error e) {
            reads.closeAsync();
            throw e;
        }
    }

    private StatefulRedisConnection<String, byte[]> connectOnce()
            throws ExecutionException, TimeoutException, InterruptedException {
        Connector with = Objects.requireNonNull(connector);
        CompletableFuture<StatefulRedisConnection<String, byte[]>> next = with.connect();
        try {
            return await(next, with.longestConnect());
        } catch (TimeoutException | InterruptedException e) {
            next.thenAccept(StatefulRedisConnection::closeAsync); // it comes too late
            throw e;
        }
    }

    private static String reasonOf(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = cause.getMessage();
        return message == null ? cause.getClass().getSimpleName() : message;
    }

    private void available(Session session) {
        appender.attach(session);
        pages.use(session);
        if (attachedOnce.getCount() == 0) {
            counters.reconnects.increment();
            log.info("Redis is back");
        }
        unavailable = null;
        attachedOnce.countDown();
    }

    // ---- the begin of a session

    private void attach(Session session)
            throws ExecutionException, TimeoutException, InterruptedException, StreamOrder.BadIdException {
        await(session.writes().scriptLoad(Scripts.APPEND));
        long known = order.hasBegun() ? Position.epoch(order.position()) : 0;
        List<Object> epoch = await(session.writes()
                .eval(
                        Scripts.ATTACH,
                        ScriptOutputType.MULTI,
                        new String[] {options.streamKey(), options.epochKey()},
                        bytes(Long.toString(known)),
                        bytes(order.hasBegun() ? order.name() : newName),
                        bytes(Long.toString(Position.MAX_EPOCH)),
                        bytes(Long.toString(Position.MAX_NUMBER)),
                        bytes(order.name()),
                        bytes(Long.toString(order.hasBegun() ? Position.number(order.position()) : 0))));
        String info = await(session.reads().info("server"));
        if (!info.contains("run_id:" + text(epoch.get(4)))) {
            throw new IllegalStateException("the two connections lead to different processes of Redis");
        }
        session.setEpoch(Long.parseLong(text(epoch.get(0))));
        Long end = Position.parse(text(epoch.get(2)));
        if (end == null) {
            throw new StreamOrder.BadIdException(text(epoch.get(2)));
        }
        if (!order.hasBegun()) {
            load(session, text(epoch.get(1)), end);
        }
        reportTrimmed(text(epoch.get(3)), text(epoch.get(5)));
        readUpTo(session, end);
        order.checkName(text(epoch.get(1)));
        check = null;
        checkNanos = System.nanoTime();
        behindAt = -1;
    }

    /** Reads the newest entries of the stream, and begins before the first of them. */
    private void load(Session session, String name, long end)
            throws ExecutionException, TimeoutException, InterruptedException, StreamOrder.BadIdException {
        List<StreamMessage<String, byte[]>> newest = new ArrayList<>();
        Range.Boundary<String> upper = Range.Boundary.including(Position.idOf(end));
        long bytes = 0;
        while (newest.size() < options.bounds().loaded() && bytes < MAX_LOADED_BYTES) {
            int count = Math.min(pageSize.entries(), options.bounds().loaded() - newest.size());
            List<StreamMessage<String, byte[]>> page = await(session.reads()
                    .xrevrange(options.streamKey(), Range.from(Range.Boundary.unbounded(), upper), Limit.from(count)));
            newest.addAll(page);
            long pageBytes = bytesOf(page);
            pageSize.read(page.size(), pageBytes);
            bytes += pageBytes;
            if (page.size() < count) {
                break;
            }
            upper = Range.Boundary.excluding(page.get(page.size() - 1).getId());
        }
        Collections.reverse(newest);
        Long first = newest.isEmpty() ? null : Position.parse(newest.get(0).getId());
        if (first == null) {
            order.begin(name, end, System.currentTimeMillis());
            return;
        }
        boolean isComplete = first == Position.of(1, 0);
        order.begin(name, first - 1, isComplete ? 0 : timeOf(newest.get(0)));
        for (StreamMessage<String, byte[]> message : newest) {
            order.accept(message.getId(), message.getBody(), true);
        }
        order.deliver();
    }

    /**
     * The first entry shows what was trimmed.
     *
     * @param time when it was published, in milliseconds since 1970, if that is known: what was before it is older
     */
    private void reportTrimmed(String firstId, String time) {
        Long first = Position.parse(firstId);
        if (first != null && first > Position.of(1, 0)) {
            order.trimmed(first - 1, time.isEmpty() ? System.currentTimeMillis() : millis(time));
        }
    }

    private static long millis(String time) {
        try {
            return Math.max(0, Long.parseLong(time));
        } catch (NumberFormatException e) {
            return System.currentTimeMillis();
        }
    }

    private static long timeOf(StreamMessage<String, byte[]> message) {
        byte[] time = message.getBody().get("t");
        return time == null ? System.currentTimeMillis() : millis(text(time));
    }

    private void readUpTo(Session session, long end)
            throws ExecutionException, TimeoutException, InterruptedException, StreamOrder.BadIdException {
        while (order.position() < end) {
            List<StreamMessage<String, byte[]>> page =
                    await(readFrom(session, XReadArgs.Builder.count(pageSize.entries())));
            if (page.isEmpty()) {
                order.lose(end, "the end of the stream was deleted");
            }
            accept(page);
        }
    }

    @SuppressWarnings("unchecked") // an array of one stream
    private RedisFuture<List<StreamMessage<String, byte[]>>> readFrom(Session session, XReadArgs how) {
        String after = Position.idOf(order.position());
        return session.reads().xread(how, XReadArgs.StreamOffset.from(options.streamKey(), after));
    }

    static long bytesOf(List<StreamMessage<String, byte[]>> page) {
        long bytes = 0;
        for (StreamMessage<String, byte[]> message : page) {
            for (byte[] value : message.getBody().values()) {
                bytes += value.length;
            }
        }
        return bytes;
    }

    private void accept(List<StreamMessage<String, byte[]>> page) throws StreamOrder.BadIdException {
        pageSize.read(page.size(), bytesOf(page));
        try {
            for (StreamMessage<String, byte[]> message : page) {
                order.accept(message.getId(), message.getBody(), false);
            }
        } finally {
            order.deliver();
        }
    }

    private <T> T await(RedisFuture<T> future) throws ExecutionException, TimeoutException, InterruptedException {
        return await(future, options.timeouts().command());
    }

    private <T> T await(Future<T> future, Duration longest)
            throws ExecutionException, TimeoutException, InterruptedException {
        long begun = System.nanoTime();
        while (true) {
            try {
                return future.get(TICK_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                appender.tick();
                if (System.nanoTime() - begun > longest.toNanos()) {
                    throw new TimeoutException("no answer within " + longest);
                }
            }
        }
    }

    // ---- while it lasts

    private void read(Session session) throws ExecutionException, InterruptedException, StreamOrder.BadIdException {
        long longest = BLOCK.plus(options.timeouts().command()).toNanos();
        while (!isClosing() && session.failure() == null) {
            RedisFuture<List<StreamMessage<String, byte[]>>> next =
                    readFrom(session, XReadArgs.Builder.block(BLOCK).count(pageSize.entries()));
            long begun = System.nanoTime();
            boolean begunAfterCheck = behindAt >= 0;
            while (!next.await(TICK_MILLIS, TimeUnit.MILLISECONDS)) {
                checkIfDue(session);
                appender.tick();
                if (System.nanoTime() - begun > longest) {
                    session.fail("no answer within " + options.timeouts().command());
                }
                if (isClosing() || session.failure() != null) {
                    return;
                }
            }
            List<StreamMessage<String, byte[]>> page = next.get();
            accept(page);
            emptyRead |= begunAfterCheck && page.isEmpty();
            long epoch = Position.epoch(order.position());
            if (epoch > session.epoch()) {
                session.setEpoch(epoch); // another node has begun it
            }
            checkIfDue(session);
            appender.tick();
        }
    }

    private void checkIfDue(Session session) {
        long now = System.nanoTime();
        RedisFuture<List<Object>> pending = check;
        if (pending == null) {
            if (now - checkNanos >= CHECK_NANOS) {
                checkNanos = now;
                checkedFrom = order.position();
                check = session.writes()
                        .eval(
                                Scripts.CHECK,
                                ScriptOutputType.MULTI,
                                new String[] {options.streamKey(), options.epochKey(), nodeKey},
                                bytes(options.node()),
                                bytes("10000"));
            }
        } else if (pending.isDone()) {
            check = null;
            checked(session, pending);
        } else if (now - checkNanos > options.timeouts().command().toNanos()) {
            session.fail("no answer within " + options.timeouts().command());
        }
    }

    private void checked(Session session, RedisFuture<List<Object>> answer) {
        List<Object> epoch;
        try {
            epoch = answer.get();
        } catch (ExecutionException | RuntimeException e) {
            String reason = reasonOf(e);
            if (!reason.startsWith("OOM")) { // publications fail then, but what is there can be read
                session.fail(reason);
            }
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        Long last = Position.parse(text(epoch.get(2)));
        long position = order.position();
        // Compared with where the reader was when the check was sent: it may be far beyond the answer by now.
        boolean isReplaced =
                last == null || last < checkedFrom || text(epoch.get(0)).isEmpty();
        boolean isOther = !text(epoch.get(1)).equals(order.name());
        if (isReplaced || (isOther && Position.epoch(Objects.requireNonNull(last)) <= Position.epoch(position))) {
            session.fail("the stream was deleted or replaced");
            return;
        }
        reportTrimmed(text(epoch.get(3)), text(epoch.get(4)));
        findDeletedEnd(Objects.requireNonNull(last), position);
    }

    /** If a read that began after a check has found nothing, the entries that the check had seen are not there. */
    private void findDeletedEnd(long last, long position) {
        long same = Position.epoch(last) == Position.epoch(position) ? last - position : Position.number(last) + 1;
        counters.lag.set(Math.max(0, same));
        if (last <= position) {
            behindAt = -1;
        } else if (behindAt != position) {
            behindAt = position;
            emptyRead = false;
        } else if (emptyRead) {
            order.lose(last, "the end of the stream was deleted");
            behindAt = -1;
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(Object value) {
        return value instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : String.valueOf(value);
    }
}
