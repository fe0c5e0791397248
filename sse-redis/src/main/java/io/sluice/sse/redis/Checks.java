package io.sluice.sse.redis;

import static io.sluice.sse.redis.Answers.bytes;
import static io.sluice.sse.redis.Answers.millis;
import static io.sluice.sse.redis.Answers.text;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScriptOutputType;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Once a second a check shows whether Redis still takes writes and answers, whether the stream was deleted or replaced,
 * and what was trimmed of it. Confined to the thread of the backplane.
 */
final class Checks {

    private static final Logger log = LoggerFactory.getLogger(RedisBackplane.class);
    private static final long CHECK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final RedisOptions options;
    private final StreamOrder order;
    private final Counters counters;
    private final String nodeKey;

    private @Nullable RedisFuture<List<Object>> check;
    private long checkNanos;
    /** Of the connection for pages. It is often idle, and a Redis with the option {@code timeout} ends idle ones. */
    private @Nullable RedisFuture<String> ping;

    /** The position at the last check that had found later entries; -1 if it had found none. */
    private long behindAt = -1;
    /** Whether a read that began after that check has found nothing. */
    private boolean emptyRead;
    /** The position when the last check was sent. */
    private long checkedFrom;

    Checks(RedisOptions options, StreamOrder order, Counters counters, String publisher) {
        this.options = options;
        this.order = order;
        this.counters = counters;
        this.nodeKey = options.streamKey() + ":node:" + publisher;
    }

    /** A session begins. */
    void begin() {
        check = null;
        ping = null;
        checkNanos = System.nanoTime();
        behindAt = -1;
    }

    /** Whether the last check has found entries that were not read. */
    boolean isBehind() {
        return behindAt >= 0;
    }

    /** A read that began after such a check has found nothing. */
    void foundNothing() {
        emptyRead = true;
    }

    void runIfDue(Session session) {
        long now = System.nanoTime();
        RedisFuture<List<Object>> pending = check;
        if (pending == null) {
            if (now - checkNanos >= CHECK_NANOS) {
                checkNanos = now;
                ping = session.pages().ping();
                checkedFrom = order.position();
                check = session.writes()
                        .eval(
                                Scripts.CHECK,
                                ScriptOutputType.MULTI,
                                new String[] {options.streamKey(), options.epochKey(), nodeKey},
                                bytes(options.node()),
                                bytes("10000"));
            }
        } else if (pending.isDone() && isDone(ping)) {
            check = null;
            checked(session, pending);
        } else if (now - checkNanos > options.timeouts().command().toNanos()) {
            session.fail("no answer within " + options.timeouts().command());
        }
    }

    private static boolean isDone(@Nullable RedisFuture<String> ping) {
        return ping == null || ping.isDone();
    }

    private void checked(Session session, RedisFuture<List<Object>> answer) {
        List<Object> epoch;
        try {
            epoch = answer.get();
        } catch (ExecutionException | RuntimeException e) {
            String reason = Answers.reasonOf(e);
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
        order.reportTrimmed(text(epoch.get(3)), text(epoch.get(4)));
        trimByAge(session, text(epoch.get(4)));
        findDeletedEnd(Objects.requireNonNull(last), position);
    }

    /** The stream keeps a tenth of its age more, so that it is not trimmed at each check. */
    private void trimByAge(Session session, String timeOfFirst) {
        Duration age = options.bounds().age();
        long now = System.currentTimeMillis();
        if (age == null || timeOfFirst.isEmpty() || now - millis(timeOfFirst) < age.toMillis() / 10 * 11) {
            return;
        }
        session.writes()
                .eval(
                        Scripts.TRIM,
                        ScriptOutputType.INTEGER,
                        new String[] {options.streamKey()},
                        bytes(Long.toString(now - age.toMillis())),
                        bytes(Long.toString(Position.MAX_NUMBER)))
                .whenComplete((trimmed, failure) -> log.debug("trimmed {} entries by their age", trimmed, failure));
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
}
