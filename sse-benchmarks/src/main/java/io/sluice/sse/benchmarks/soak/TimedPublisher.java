package io.sluice.sse.benchmarks.soak;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Publishes to one topic over one connection, at a rate or as fast as the server responds. Each event contains the
 * moment when it was due, not when it was sent, so that delays of the publisher are measured too.
 */
final class TimedPublisher implements AutoCloseable {

    /** The maximum number of pipelined requests at full speed. */
    private static final int PIPELINED = 32;

    private final Socket socket;
    private final OutputStream out;
    private final Responses responses;
    private final String head;
    private final String padding;
    private final AtomicBoolean stopped = new AtomicBoolean();
    private final Thread thread;

    private volatile long published;
    private volatile boolean failed;

    /** @param perSecond events per second, or 0 for full speed */
    TimedPublisher(ServerProcess server, String topic, double perSecond, int eventBytes) throws IOException {
        this(server.port(), "/publish/" + topic, perSecond, eventBytes);
    }

    /** @param target the request target to which a POST publishes its body */
    TimedPublisher(int port, String target, double perSecond, int eventBytes) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        out = socket.getOutputStream();
        responses = new Responses(socket.getInputStream());
        padding = "x".repeat(Math.max(0, eventBytes - 1 - TimedReader.DIGITS));
        head = "POST " + target + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                + (1 + TimedReader.DIGITS + padding.length()) + "\r\n\r\n" + (char) TimedReader.MARK;
        thread = new Thread(() -> run(perSecond), "publisher of " + target);
        thread.setDaemon(true);
    }

    TimedPublisher start() {
        thread.start();
        return this;
    }

    /** Publishes this many events at full speed on the calling thread; only for a publisher that was not started. */
    void publish(int count) throws IOException {
        for (int left = count; left > 0; left -= PIPELINED) {
            burst(Math.min(left, PIPELINED), System.nanoTime());
        }
    }

    private void run(double perSecond) {
        try {
            Pace pace = new Pace(perSecond > 0 ? perSecond : 1);
            while (!stopped.get()) {
                if (perSecond > 0) {
                    burst(1, pace.next());
                } else {
                    burst(PIPELINED, System.nanoTime());
                }
            }
        } catch (IOException e) {
            failed = !stopped.get();
        }
    }

    // Written by one thread.
    @SuppressWarnings("NonAtomicVolatileUpdate")
    private void burst(int count, long dueNanos) throws IOException {
        StringBuilder requests = new StringBuilder();
        for (int i = 0; i < count; i++) {
            String digits = Long.toHexString(dueNanos + i); // each later than the one before it
            requests.append(head)
                    .append("0".repeat(TimedReader.DIGITS - digits.length()))
                    .append(digits)
                    .append(padding);
        }
        out.write(requests.toString().getBytes(StandardCharsets.US_ASCII));
        for (int i = 0; i < count; i++) {
            responses.next();
            published++;
        }
    }

    long published() {
        return published;
    }

    /** Whether the server has rejected an event, or closed the connection. */
    boolean hasFailed() {
        return failed;
    }

    @Override
    public void close() throws IOException {
        stopped.set(true);
        try {
            thread.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        socket.close();
    }
}
