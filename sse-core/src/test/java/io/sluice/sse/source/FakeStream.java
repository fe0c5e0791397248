package io.sluice.sse.source;

import io.sluice.sse.CloseReason;
import io.sluice.sse.Source;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.hub.TransportAccess;
import io.sluice.sse.hub.lane.Batch;
import io.sluice.sse.hub.lane.Frame;
import io.sluice.sse.hub.lane.Framer;
import io.sluice.sse.hub.lane.HubLane;
import io.sluice.sse.hub.lane.Lane;
import io.sluice.sse.hub.lane.LaneOptions;
import io.sluice.sse.hub.lane.LaneSink;
import io.sluice.sse.hub.lane.Splice;
import io.sluice.sse.topic.StartPosition;
import io.sluice.sse.wire.EventParser;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** A hub with one lane on a real thread, for sinks that sources fill, seen as a user's own transport would be made. */
final class FakeStream implements AutoCloseable {

    final Hub hub;
    private final ScheduledThreadPoolExecutor thread;
    private final HubLane lane;

    FakeStream(HubBuilder options) {
        hub = options.build();
        thread = new ScheduledThreadPoolExecutor(1, task -> new Thread(task, "lane"));
        thread.setRemoveOnCancelPolicy(true);
        lane = TransportAccess.of(hub).join(new ThreadLane(), new Copies(), LaneOptions.DEFAULT);
    }

    Client open(Source source) {
        CompletableFuture<Client> opened = new CompletableFuture<>();
        thread.execute(() -> {
            Client client = new Client(lane);
            client.open(null, StartPosition.live(), source);
            opened.complete(client);
        });
        return opened.join();
    }

    @Override
    public void close() {
        hub.close();
        thread.shutdown();
    }

    /** A client that reads what it is told to: events pend until then, and 1000 bytes make it not writable. */
    static final class Client extends LaneSink {
        static final int HIGH_WATER = 1000;

        final List<String> data = new CopyOnWriteArrayList<>();
        final CompletableFuture<CloseReason> ended = new CompletableFuture<>();
        private final EventParser parser = new EventParser(new EventParser.Listener() {
            @Override
            public void onEvent(String type, String text, String lastEventId) {
                data.add(type.equals("message") ? text : type);
            }
        });
        private volatile boolean reading = true;
        private volatile long pending;

        Client(HubLane lane) {
            super(lane, null);
        }

        /** Stops reading, or goes on. */
        void read(boolean newReading) {
            runOnOwner(() -> {
                boolean wasWritable = canWrite();
                reading = newReading;
                if (reading) {
                    pending = 0;
                }
                if (!wasWritable && canWrite()) {
                    becameWritable();
                }
            });
        }

        @Override
        protected boolean canWrite() {
            return pending < HIGH_WATER;
        }

        @Override
        protected long room() {
            return Math.max(0, HIGH_WATER - pending);
        }

        @Override
        protected void write(Frame frame) {
            byte[] bytes = ((Copied) frame).bytes;
            parser.feed(bytes, 0, bytes.length);
            pending += reading ? 0 : bytes.length;
        }

        @Override
        protected void flush() {}

        @Override
        protected long pendingBytes() {
            return pending;
        }

        @Override
        protected long progress() {
            return data.size();
        }

        @Override
        protected void end(CloseReason reason, boolean orderly) {
            ended.complete(reason);
        }
    }

    private final class ThreadLane implements Lane {
        @Override
        public boolean inLane() {
            return Thread.currentThread().getName().equals("lane");
        }

        @Override
        public void execute(Runnable task) {
            thread.execute(task);
        }

        @Override
        public Runnable schedule(Runnable task, long delayNanos) {
            var timer = thread.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
            return () -> timer.cancel(false);
        }

        @Override
        public long nanoTime() {
            return System.nanoTime();
        }
    }

    private static final class Copied extends Frame {
        final byte[] bytes;

        Copied(byte[] bytes) {
            this.bytes = bytes;
        }

        @Override
        public int payloadBytes() {
            return bytes.length;
        }
    }

    private static final class Copies implements Framer {
        @Override
        public Frame frame(Batch batch) {
            byte[] all = new byte[batch.bytes()];
            int at = 0;
            for (int i = 0; i < batch.size(); i++) {
                byte[] block = batch.block(i);
                System.arraycopy(block, 0, all, at, block.length);
                at += block.length;
            }
            return new Copied(all);
        }

        @Override
        public Frame splice(Splice splice) {
            throw new UnsupportedOperationException("no sink here listens to topics");
        }

        @Override
        public void release(Frame frame) {}

        @Override
        public void releaseSent() {}

        @Override
        public int inFlight() {
            return 0;
        }

        @Override
        public long heldBytes() {
            return 0;
        }
    }
}
