package io.sluice.sse.redis;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XReadArgs;
import java.time.Duration;
import java.util.List;

/** Reads the entries of the stream in their order, page by page. Confined to the thread of the backplane. */
final class StreamReader {

    private final String streamKey;
    private final StreamOrder order;
    private final PageSize pageSize = new PageSize(PageSize.BYTES);

    StreamReader(RedisOptions options, StreamOrder order) {
        this.streamKey = options.streamKey();
        this.order = order;
    }

    PageSize pageSize() {
        return pageSize;
    }

    /** The next page, which may be empty. */
    RedisFuture<List<StreamMessage<String, byte[]>>> next(Session session) {
        return readFrom(session, XReadArgs.Builder.count(pageSize.entries()));
    }

    /** The next page. It comes when there is an entry, and is empty if none comes for so long. */
    RedisFuture<List<StreamMessage<String, byte[]>>> nextWithin(Session session, Duration time) {
        return readFrom(session, XReadArgs.Builder.block(time).count(pageSize.entries()));
    }

    @SuppressWarnings("unchecked") // an array of one stream
    private RedisFuture<List<StreamMessage<String, byte[]>>> readFrom(Session session, XReadArgs how) {
        String after = Position.idOf(order.position());
        return session.reads().xread(how, XReadArgs.StreamOffset.from(streamKey, after));
    }

    /** Hands over what was read. */
    void accept(List<StreamMessage<String, byte[]>> page) throws StreamOrder.BadIdException {
        pageSize.read(page.size(), bytesOf(page));
        try {
            for (StreamMessage<String, byte[]> message : page) {
                order.accept(message.getId(), message.getBody(), false);
            }
        } finally {
            order.deliver();
        }
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
}
