package io.sluice.sse.benchmarks.soak;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** Opens connections at a rate and loses each one in one of the ways of {@link Ending}. Used by one thread. */
final class ChurnLoad {

    /** How long a client waits for the server before the churn counts a failure. */
    static final long TIMEOUT_SECONDS = 20;

    private record Silent(Channel channel, long sinceNanos) {}

    private final Clients clients;
    private final long holdSilentNanos;
    private final Queue<Silent> newlySilent = new ConcurrentLinkedQueue<>();
    private final Queue<Silent> silent = new ArrayDeque<>();
    private final AtomicLong started = new AtomicLong();
    private final LongAdder openedStreams = new LongAdder();
    private final LongAdder unanswered = new LongAdder();
    private final LongAdder failedConnects = new LongAdder();

    /** @param holdSilent how long a silent client keeps its socket, well above the server's own limit */
    ChurnLoad(Clients clients, Duration holdSilent) {
        this.clients = clients;
        this.holdSilentNanos = holdSilent.toNanos();
    }

    /** Opens this many connections at this rate. @return the duration in nanoseconds */
    long run(long connections, double perSecond) {
        long begin = System.nanoTime();
        Pace pace = new Pace(perSecond);
        for (long i = 0; i < connections; i++) {
            pace.next();
            start(started.getAndIncrement());
            closeSilent(holdSilentNanos);
        }
        return System.nanoTime() - begin;
    }

    private void start(long number) {
        Ending ending = Ending.inTurn(number);
        long variant = number / Ending.values().length;
        ChannelFuture connecting =
                clients.connect(new ChurnClient(this, ending, variant), ending.hasSmallBuffer() ? Clients.SMALL : 0);
        if (ending == Ending.HANDSHAKE && variant % 4 == 3) {
            Clients.reset(connecting.channel()); // before it knows whether it is connected
            return;
        }
        connecting.addListener(done -> {
            if (!done.isSuccess()) {
                failedConnects.increment();
            }
        });
    }

    /** Closes sockets of silent clients that are old enough for the server to have noticed. */
    private void closeSilent(long olderThanNanos) {
        for (Silent next = newlySilent.poll(); next != null; next = newlySilent.poll()) {
            silent.add(next);
        }
        long now = System.nanoTime();
        while (!silent.isEmpty() && now - silent.element().sinceNanos >= olderThanNanos) {
            Clients.reset(silent.remove().channel);
        }
    }

    /** Closes the sockets of all silent clients. Call this only when the server has noticed the loss by itself. */
    void end() {
        closeSilent(0);
    }

    void opened() {
        openedStreams.increment();
    }

    void silenced(Channel channel) {
        newlySilent.add(new Silent(channel, System.nanoTime()));
    }

    void leftUnanswered() {
        unanswered.increment();
    }

    long started() {
        return started.get();
    }

    long streams() {
        return openedStreams.sum();
    }

    /** The number of clients that received no first bytes, or no end of the connection, in time. */
    long unanswered() {
        return unanswered.sum();
    }

    /** The number of failed connects. */
    long failedConnects() {
        return failedConnects.sum();
    }
}
