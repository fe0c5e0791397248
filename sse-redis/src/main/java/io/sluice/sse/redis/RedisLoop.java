package io.sluice.sse.redis;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.api.StatefulRedisConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
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

    private static final Duration BLOCK = Duration.ofSeconds(1);
    /**
     * The least time between the begins of two reads. A read costs a node some 100 µs of its processors, an entry in it
     * far less. So events that follow each other faster are read together. One that comes alone is read at once.
     */
    private static final long READ_INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private static final long FIRST_PAUSE_MILLIS = 50;
    private static final long LAST_PAUSE_MILLIS = 5_000;
    private static final long LONGEST_END_MILLIS = 10_000;

    private final RedisOptions options;
    private final Appender appender;
    private final StreamOrder order;
    private final StreamPages pages;
    private final Counters counters;

    private final Thread thread;
    private final CountDownLatch attachedOnce = new CountDownLatch(1);
    /** Whether the first session is attached or has failed. */
    private final CountDownLatch triedOnce = new CountDownLatch(1);

    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile @Nullable String unavailable = "not connected yet";
    /** Whether the thread may be interrupted. Guarded by this. */
    private boolean connects = true;

    // Confined to the thread.
    private final Answers answers;
    private final StreamReader reader;
    private final Attachment attachment;
    private final Checks checks;
    private @Nullable Connector connector;

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
        this.answers = new Answers(appender, options.timeouts().command());
        this.reader = new StreamReader(options, order);
        this.attachment = new Attachment(options, order, reader, answers, newName);
        this.checks = new Checks(options, order, counters, publisher);
        this.thread = new Thread(this, "sluice-redis");
        thread.setDaemon(true);
    }

    // ---- any thread

    /**
     * Starts the thread. Waits until it has read the stream to its end once, or has failed to. At most for this time.
     */
    void start(Duration wait) {
        thread.start();
        try {
            if (!triedOnce.await(wait.toNanos(), TimeUnit.NANOSECONDS) || attachedOnce.getCount() > 0) {
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
            thread.join(LONGEST_END_MILLIS);
            if (thread.isAlive()) {
                log.error("the thread of the backplane has not ended within {} ms", LONGEST_END_MILLIS);
            }
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
            if (closing.await(
                    Math.min(left, TimeUnit.MILLISECONDS.toNanos(Answers.TICK_MILLIS)), TimeUnit.NANOSECONDS)) {
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
            attachment.attach(session);
            checks.begin();
            attached = true;
            available(session);
            read(session);
            reason = String.valueOf(session.failure());
        } catch (StreamOrder.BadIdException e) {
            reason = String.valueOf(e.getMessage());
        } catch (ExecutionException | TimeoutException | RuntimeException e) {
            reason = Answers.reasonOf(e);
        } catch (Error e) { // for example, a page did not fit into the memory: the next attempt reads a smaller one
            reason = e.toString();
            log.error("the thread of the backplane has failed and connects again", e);
        } catch (InterruptedException e) {
            closeSession(session);
            throw e;
        }
        if (!isClosing()) {
            reader.pageSize().failed();
            if (attached || !reason.equals(unavailable)) {
                log.warn("Redis is away: {}", reason);
            }
            unavailable = reason;
            pages.use(null);
            appender.detach(reason); // before the session is closed, which takes a while
            triedOnce.countDown();
        }
        closeSession(session);
        return attached;
    }

    private static void closeSession(@Nullable Session session) {
        if (session != null) {
            session.close();
        }
    }

    /** Three connections. Waiting publications fail in time meanwhile. */
    private Session connect() throws ExecutionException, TimeoutException, InterruptedException {
        List<StatefulRedisConnection<String, byte[]>> made = new ArrayList<>();
        try {
            for (int i = 0; i < 3; i++) {
                made.add(connectOnce());
            }
        } catch (ExecutionException | TimeoutException | InterruptedException | RuntimeException | Error e) {
            made.forEach(StatefulRedisConnection::closeAsync);
            throw e;
        }
        return new Session(made.get(0), made.get(1), made.get(2));
    }

    private StatefulRedisConnection<String, byte[]> connectOnce()
            throws ExecutionException, TimeoutException, InterruptedException {
        Connector with = Objects.requireNonNull(connector);
        CompletableFuture<StatefulRedisConnection<String, byte[]>> next = with.connect();
        try {
            return answers.await(next, with.longestConnect());
        } catch (TimeoutException | InterruptedException e) {
            next.thenAccept(StatefulRedisConnection::closeAsync); // it comes too late
            throw e;
        }
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
        triedOnce.countDown();
    }

    // ---- while it lasts

    private void read(Session session) throws ExecutionException, InterruptedException, StreamOrder.BadIdException {
        long longest = BLOCK.plus(options.timeouts().command()).toNanos();
        while (!isClosing() && session.failure() == null) {
            appender.readBegins();
            int asked = reader.pageSize().entries();
            RedisFuture<List<StreamMessage<String, byte[]>>> next = reader.nextWithin(session, BLOCK);
            long begun = System.nanoTime();
            boolean begunAfterCheck = checks.isBehind();
            while (!next.await(Answers.TICK_MILLIS, TimeUnit.MILLISECONDS)) {
                checks.runIfDue(session);
                appender.tick();
                if (System.nanoTime() - begun > longest) {
                    session.fail("no answer within " + options.timeouts().command());
                }
                if (isClosing() || session.failure() != null) {
                    return;
                }
            }
            List<StreamMessage<String, byte[]>> page = next.get();
            boolean wasFull = page.size() >= asked;
            long ofOthersBefore = order.ofOthers();
            reader.accept(page);
            boolean onlyOwn = order.ofOthers() == ofOthersBefore;
            if (begunAfterCheck && page.isEmpty()) {
                checks.foundNothing();
            }
            long epoch = Position.epoch(order.position());
            if (epoch > session.epoch()) {
                session.setEpoch(epoch); // another node has begun it
            }
            checks.runIfDue(session);
            appender.tick();
            if (!wasFull) {
                // The events of other nodes keep it busy anyway, so its own publishers wait for the interval too.
                appender.awaitMore(begun + READ_INTERVAL_NANOS - System.nanoTime(), onlyOwn);
            }
        }
    }
}
