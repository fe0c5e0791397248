package io.sluice.sse.benchmarks.soak;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** Clients that open a stream, take its first bytes, and never read again. Thread-safe. */
final class StalledClients {

    private final Clients clients;
    private final String target;
    private final Queue<Channel> channels = new ConcurrentLinkedQueue<>();
    private final AtomicInteger opened = new AtomicInteger();

    StalledClients(Clients clients, String target) {
        this.clients = clients;
        this.target = target;
    }

    /** Opens this many more, at a pace that no listener's queue minds. */
    void open(int count) {
        Pace pace = new Pace(2_000);
        for (int i = 0; i < count; i++) {
            pace.next();
            clients.connect(new Stalled(), Clients.SMALL);
        }
    }

    /** How many have opened a stream so far. */
    int opened() {
        return opened.get();
    }

    /**
     * Puts new ones in the place of the oldest: it is those that the server ends first, and a client that does not read
     * does not notice.
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

    /** All of them leave. */
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
