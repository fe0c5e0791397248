package io.sluice.sse.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A proxy before a Redis that can hold back the answers on each connection over which an event is added. */
final class HeldAnswers implements AutoCloseable {

    private static final String ADD = "XADD";

    private final ServerSocket server;
    private final int redisPort;
    // Guarded by this.
    private final List<Socket> sockets = new ArrayList<>();
    private boolean holds;

    HeldAnswers(RedisServer redis) throws IOException {
        redisPort = redis.port;
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        begin("accept", this::acceptAll);
    }

    String uri() {
        return "redis://127.0.0.1:" + server.getLocalPort();
    }

    /** From now on the answers wait. */
    synchronized void hold() {
        holds = true;
    }

    /** All answers that wait go on. */
    synchronized void release() {
        holds = false;
        notifyAll();
    }

    private interface Work {
        void run() throws IOException, InterruptedException;
    }

    private static void begin(String name, Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException | InterruptedException e) {
                        // the test or a peer has closed the connection
                    }
                },
                "proxy-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    private void acceptAll() throws IOException {
        while (true) {
            Connection connection = new Connection(
                    opened(server.accept()), opened(new Socket(InetAddress.getLoopbackAddress(), redisPort)));
            begin("to-redis", connection::copyCommands);
            begin("from-redis", connection::copyAnswers);
        }
    }

    private synchronized Socket opened(Socket socket) {
        sockets.add(socket);
        return socket;
    }

    private synchronized void awaitPassage() throws InterruptedException {
        while (holds) {
            wait();
        }
    }

    private final class Connection {

        private final Socket client;
        private final Socket redis;
        private volatile boolean adds;

        Connection(Socket client, Socket redis) {
            this.client = client;
            this.redis = redis;
        }

        void copyCommands() throws IOException {
            byte[] buffer = new byte[65_536];
            try (InputStream in = client.getInputStream();
                    OutputStream out = redis.getOutputStream()) {
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    adds |= new String(buffer, 0, n, StandardCharsets.ISO_8859_1).contains(ADD);
                    out.write(buffer, 0, n);
                }
            }
        }

        void copyAnswers() throws IOException, InterruptedException {
            byte[] buffer = new byte[65_536];
            try (InputStream in = redis.getInputStream();
                    OutputStream out = client.getOutputStream()) {
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    if (adds) {
                        awaitPassage();
                    }
                    out.write(buffer, 0, n);
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        release();
        server.close();
        synchronized (this) {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }
}
