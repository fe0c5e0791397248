package io.sluice.sse.netty;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Event;
import io.sluice.sse.Sink;
import io.sluice.sse.Source;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.topic.HubSink;
import io.sluice.sse.topic.Selector;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** Hostile user code: it throws everywhere, floods, subscribes to many topics, and ends its stream at any time. */
final class HostileSource implements Source {

    /** How many kinds of failures there are. */
    static final int FAILURES = 8;

    private final Hub hub;
    private final Random random;

    HostileSource(Hub hub, long seed) {
        this.hub = hub;
        this.random = new Random(seed);
    }

    @Override
    public void start(Sink sink) throws Exception {
        int steps = 1 + random.nextInt(5);
        for (int i = 0; i < steps; i++) {
            step(sink);
        }
    }

    private void step(Sink sink) throws Exception {
        switch (random.nextInt(14)) {
            case 0 -> sendBurst(sink, random.nextInt(300));
            case 1 -> sink.onWritable(() -> sendOrThrow(sink));
            case 2 -> sink.onWritable(Runnable::run, () -> sendOrThrow(sink));
            case 3 -> sink.scope().every(Duration.ofMillis(1 + random.nextInt(5)), () -> sendOrThrow(sink));
            case 4 -> sink.scope().fork(() -> sleepThenThrow());
            case 5 -> sink.scope().fork(() -> TimeUnit.HOURS.sleep(1));
            case 6 -> sink.scope().onClose(reason -> throwSomething(random.nextInt()));
            case 7 -> sink.scope().onClose(reason -> hub.publish("noise/1", Event.of("from a listener")));
            case 8 -> subscribe((HubSink) sink);
            case 9 -> hub.publish("noise/" + random.nextInt(50), Event.of("x".repeat(random.nextInt(5_000))));
            case 10 -> end(sink);
            case 11 -> TimeUnit.HOURS.sleep(1); // until its client leaves
            case 12 -> sink.scope().child().onClose(reason -> end(sink));
            default -> throwSomething(random.nextInt());
        }
    }

    private void sendBurst(Sink sink, int events) {
        for (int i = 0; i < events; i++) {
            if (random.nextBoolean()) {
                sink.send(Event.of("direct " + i));
            } else {
                sink.offer(Event.of("offered " + i));
            }
        }
    }

    private void sendOrThrow(Sink sink) {
        if (random.nextInt(4) == 0) {
            throwSomething(random.nextInt());
        }
        sendBurst(sink, 3);
        if (random.nextInt(50) == 0) {
            end(sink);
        }
    }

    private void sleepThenThrow() throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(random.nextInt(3));
        throwSomething(random.nextInt());
    }

    private void subscribe(HubSink sink) {
        int number = random.nextInt(7);
        List<String> terms = IntStream.rangeClosed(1, 1 + random.nextInt(12))
                .mapToObj(i -> i % 3 == 0 ? "noise/" + i + "/**" : "noise/" + (i * number))
                .toList();
        Selector selector = Selector.of(terms);
        if (random.nextBoolean()) {
            selector = selector.filtered(event -> {
                throwSomething(number);
                return true;
            });
        }
        sink.subscribe(selector).thenAccept(subscription -> {
            if (number < 3) {
                subscription.cancel();
            }
        });
    }

    private void end(Sink sink) {
        switch (random.nextInt(4)) {
            case 0 -> sink.complete();
            case 1 -> sink.fail(new IllegalStateException("a test wants it so"));
            case 2 -> sink.close(CloseReason.SERVER_DRAINING);
            default -> sink.close(CloseReason.SLOW_CONSUMER);
        }
    }

    @Override
    public void draining(Sink sink, Duration left) {
        throwSomething(random.nextInt());
    }

    @Override
    public void stop(Sink sink, CloseReason reason) {
        if (random.nextBoolean()) {
            throwSomething(random.nextInt());
        }
    }

    static void throwSomething(int kind) {
        switch (Math.floorMod(kind, FAILURES)) {
            case 0 -> throw new IllegalArgumentException("a test wants it so");
            case 1 -> sneak(new IOException("a test wants it so"));
            case 2 -> throw new AssertionError("a test wants it so");
            case 3 -> throw new StackOverflowError();
            case 4 -> throw new OutOfMemoryError("not a real one; a test wants it so");
            case 5 -> throw new NoClassDefFoundError("a/test/wants/It");
            case 6 -> sneak(new InterruptedException("a test wants it so"));
            default -> throw new Unprintable();
        }
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneak(Throwable failure) throws T {
        throw (T) failure;
    }

    /** A failure that cannot even be printed. */
    private static final class Unprintable extends RuntimeException {
        private static final long serialVersionUID = 1L;

        @Override
        public String getMessage() {
            throw new UnsupportedOperationException("getMessage fails, too");
        }

        @Override
        public String toString() {
            throw new UnsupportedOperationException("toString fails, too");
        }
    }
}
