package io.sluice.sse.redis;

import static io.sluice.sse.redis.Answers.bytes;
import static io.sluice.sse.redis.Answers.millis;
import static io.sluice.sse.redis.Answers.text;

import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/**
 * The begin of a session: it finds the epoch of the stream, or begins a new one, and reads the stream to its end. A
 * node that begins loads the newest entries first. Confined to the thread of the backplane.
 */
final class Attachment {

    /** What a node loads at most when it begins: it has to hold all of it before it can deliver the oldest. */
    private static final long MAX_LOADED_BYTES = 64 << 20;

    private final RedisOptions options;
    private final StreamOrder order;
    private final StreamReader reader;
    private final Answers answers;
    private final String newName;

    /** @param newName the name of the sequence if it has none yet */
    Attachment(RedisOptions options, StreamOrder order, StreamReader reader, Answers answers, String newName) {
        this.options = options;
        this.order = order;
        this.reader = reader;
        this.answers = answers;
        this.newName = newName;
    }

    void attach(Session session)
            throws ExecutionException, TimeoutException, InterruptedException, StreamOrder.BadIdException {
        answers.await(session.writes().scriptLoad(Scripts.APPEND));
        long known = order.hasBegun() ? Position.epoch(order.position()) : 0;
        List<Object> epoch = answers.await(session.writes()
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
        for (RedisAsyncCommands<String, byte[]> other : List.of(session.reads(), session.pages())) {
            if (!answers.await(other.info("server")).contains("run_id:" + text(epoch.get(4)))) {
                throw new IllegalStateException("the connections lead to different processes of Redis");
            }
        }
        session.setEpoch(Long.parseLong(text(epoch.get(0))));
        Long end = Position.parse(text(epoch.get(2)));
        if (end == null) {
            throw new StreamOrder.BadIdException(text(epoch.get(2)));
        }
        if (!order.hasBegun()) {
            load(session, text(epoch.get(1)), end);
        }
        order.reportTrimmed(text(epoch.get(3)), text(epoch.get(5)));
        readUpTo(session, end);
        order.checkName(text(epoch.get(1)));
    }

    /** Reads the newest entries of the stream, and begins before the first of them. */
    private void load(Session session, String name, long end)
            throws ExecutionException, TimeoutException, InterruptedException, StreamOrder.BadIdException {
        List<StreamMessage<String, byte[]>> newest = new ArrayList<>();
        Range.Boundary<String> upper = Range.Boundary.including(Position.idOf(end));
        long bytes = 0;
        while (newest.size() < options.bounds().loaded() && bytes < MAX_LOADED_BYTES) {
            int count = Math.min(reader.pageSize().entries(), options.bounds().loaded() - newest.size());
            List<StreamMessage<String, byte[]>> page = answers.await(session.reads()
                    .xrevrange(options.streamKey(), Range.from(Range.Boundary.unbounded(), upper), Limit.from(count)));
            newest.addAll(page);
            long pageBytes = StreamReader.bytesOf(page);
            reader.pageSize().read(page.size(), pageBytes);
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

    private static long timeOf(StreamMessage<String, byte[]> message) {
        byte[] time = message.getBody().get("t");
        return time == null ? System.currentTimeMillis() : millis(text(time));
    }

    private void readUpTo(Session session, long end)
            throws ExecutionException, TimeoutException, InterruptedException, StreamOrder.BadIdException {
        while (order.position() < end) {
            List<StreamMessage<String, byte[]>> page = answers.await(reader.next(session));
            if (page.isEmpty()) {
                order.lose(end, "the end of the stream was deleted");
            }
            reader.accept(page);
        }
    }
}
