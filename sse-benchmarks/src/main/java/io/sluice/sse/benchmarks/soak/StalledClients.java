package io.sluice.sse.benchmarks.soak;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** Clients that open a stream, read its first bytes, and never read again. Thread-safe. */
final class StalledClients {

    private final Clients clients;
    private final String target;
    private final Queue<Channel> channels = new ConcurrentLinkedQueue<>();
    private final AtomicInteger opened = new AtomicInteger();

    StalledClients(Clients clients, String target) {
        this.clients = clients;
        this.target = target;
    }

    /** Opens this many more, slowly enough for the accept queue of the server. */
    void open(int count) {
        Pace pace = new Pace(2_000);
        for (int i = 0; i < count; i++) {
            pace.next();
            clients.connect(new Stalled(), Clients.SMALL);
        }
    }

    /** The number of streams opened so far. */
    int opened() {
        return opened.get();
    }

    /**
     * Replaces the oldest clients by new ones. The server closes the oldest ones first, and a client that does not read
     * does not notice its close.
     */
    void replaceOldest(int count) {
        for (int i = 0; i < count; i++) {
            Channel oldest = channels.poll();
            if (oldest != null) {
                Clients.reset(oldest);
            }
        }
        open(count);
    }

    /** Disconnects all of them. */
    void reset() {
        for (Channel channel = channels.poll(); channel != null; channel = channels.poll()) {
            Clients.reset(channel);
        }
    }

    private final class Stalled extends StreamReader {
        Stalled() {
            super(target);
        }

        @Override
        void opened(Channel channel) {
            channel.config().setOption(ChannelOption.AUTO_READ, false);
            channels.add(channel);
            opened.incrementAndGet();
        }
    }
}
