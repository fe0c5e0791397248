package io.sluice.sse.benchmarks.soak;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/** The threads and connections of an attack on one server. Closing ends all of them. Thread-safe. */
final class AttackSite implements AutoCloseable {

    /** One turn of an attack. */
    interface Turn {
        void run(AttackConnection connection) throws IOException, InterruptedException;
    }

    private static final String BATCH = "application/vnd.sluice.batch+json";

    private final int port;
    private final List<Thread> threads = new ArrayList<>();
    private final Queue<AttackConnection> held = new ConcurrentLinkedQueue<>();
    private final AtomicLong turns = new AtomicLong();
    private final AtomicLong failures = new AtomicLong();
    private volatile boolean ended;

    AttackSite(int port) {
        this.port = port;
    }

    int port() {
        return port;
    }

    /** Runs turns until the attack ends. A new connection follows each turn that fails, and each turn if asked to. */
    void repeat(int count, boolean reconnect, Turn turn) {
        for (int i = 0; i < count; i++) {
            Thread thread = new Thread(() -> turns(reconnect, turn), "attacker " + i);
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
    }

    private void turns(boolean reconnect, Turn turn) {
        while (!ended) {
            try (AttackConnection connection = new AttackConnection(port)) {
                do {
                    turn.run(connection);
                    turns.incrementAndGet();
                } while (!ended && !reconnect);
            } catch (IOException e) {
                failures.incrementAndGet(); // the server defends itself
                Pace.pause(Duration.ofMillis(20));
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** Opens this many connections, which stay as they are after this turn until the attack ends. */
    void hold(int count, Turn turn) {
        for (int i = 0; i < count && !ended; i++) {
            try {
                AttackConnection connection = new AttackConnection(port);
                held.add(connection);
                turn.run(connection);
                turns.incrementAndGet();
            } catch (IOException e) {
                failures.incrementAndGet();
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** Publishes a batch. */
    static void batch(AttackConnection connection, String target, String json) throws IOException {
        connection.post(target, BATCH, json).response();
    }

    /** How many turns have succeeded and failed. */
    String work() {
        return turns.get() + " turns, " + failures.get() + " rejected";
    }

    @Override
    public void close() throws IOException {
        ended = true;
        for (AttackConnection connection : held) {
            connection.close();
        }
        for (Thread thread : threads) {
            thread.interrupt();
        }
        for (Thread thread : threads) {
            try {
                thread.join(2_000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
