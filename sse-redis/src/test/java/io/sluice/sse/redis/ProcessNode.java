package io.sluice.sse.redis;

import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Published;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A node in a process of its own ({@link NodeProgram}), which can be killed. Its clients are known by its output. */
final class ProcessNode implements CycleNode {

    private final Process process;
    private final OutputStream in;
    private final Thread reader;
    private final AtomicInteger next = new AtomicInteger();
    private final Map<String, CompletableFuture<List<Published>>> publications = new ConcurrentHashMap<>();
    private final Map<String, ProcessStream> streams = new ConcurrentHashMap<>();
    private volatile boolean available;
    private volatile boolean ended;
    private volatile boolean killed;

    private ProcessNode(Process process) {
        this.process = process;
        this.in = process.getOutputStream();
        this.reader = new Thread(this::readAll, "output of a node");
        reader.setDaemon(true);
        reader.start();
    }

    /** Starts the process. Await that it {@linkplain #isAvailable() is available}. */
    static ProcessNode start(String uri, String hub) throws IOException {
        return new ProcessNode(new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        NodeProgram.class.getName(),
                        uri,
                        hub)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    /** Kills it with SIGKILL. What it has sent before is received, and nothing follows. */
    void kill() {
        killed = true;
        process.toHandle().destroyForcibly(); // unlike the process itself it leaves the output open
        try {
            reader.join(20_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!ended) {
            throw new AssertionError("a node that was killed goes on");
        }
    }

    private void readAll() {
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                List<@Nullable String> words = NodeLines.words(line);
                if (words != null) {
                    take(words);
                } else {
                    System.out.println("a node: " + line);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            available = false;
            ended = true;
            publications.values().forEach(each -> each.completeExceptionally(new IOException("the node has ended")));
        }
    }

    private void take(List<@Nullable String> words) {
        String name = words.get(1);
        switch (words.get(0)) {
            case "available" -> available = Boolean.parseBoolean(name);
            case "published" -> publications.remove(name).complete(publishedOf(words.subList(2, words.size())));
            case "failed" -> publications.remove(name).completeExceptionally(new IOException(words.get(2)));
            default -> {
                ProcessStream stream = streams.get(name);
                if (stream != null) { // otherwise the client has left
                    stream.take(words);
                }
            }
        }
    }

    private static List<Published> publishedOf(List<@Nullable String> words) {
        List<Published> all = new ArrayList<>();
        for (int i = 0; i < words.size(); i += 3) {
            all.add(new Published(words.get(i), words.get(i + 1), Boolean.parseBoolean(words.get(i + 2))));
        }
        return all;
    }

    /** What cannot be written, because the process was killed, is lost. */
    private void send(List<@Nullable String> words) {
        try {
            in.write(NodeLines.line(words).getBytes(StandardCharsets.UTF_8));
            in.flush();
        } catch (IOException e) {
            if (!killed) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Override
    public CompletionStage<List<Published>> publish(List<Publication> batch) {
        String number = Integer.toString(next.incrementAndGet());
        CompletableFuture<List<Published>> outcome = new CompletableFuture<>();
        publications.put(number, outcome);
        List<@Nullable String> words = new ArrayList<>(List.of("publish", number));
        words.addAll(NodeProgram.wordsOf(batch));
        send(words);
        if (ended) {
            outcome.completeExceptionally(new IOException("the node has ended"));
        }
        return outcome;
    }

    @Override
    public Stream subscribe(@Nullable String last) {
        String name = Integer.toString(next.incrementAndGet());
        ProcessStream stream = new ProcessStream(name, last == null ? "" : last);
        streams.put(name, stream);
        List<@Nullable String> words = new ArrayList<>(List.of("subscribe", name));
        words.add(last);
        send(words);
        if (last == null) {
            Awaitility.await("the id where the stream begins")
                    .until(() -> !stream.lastEventId().isEmpty());
        }
        return stream;
    }

    @Override
    public boolean isAvailable() {
        return available;
    }

    @Override
    public void close() {
        if (!ended) {
            kill();
        }
    }

    private final class ProcessStream implements Stream {

        private final String name;

        // Guarded by this.
        private final List<ReceivedEvent> events = new ArrayList<>();
        private String lastEventId;
        private boolean hasEnded;
        private boolean isClosed;

        ProcessStream(String name, String lastEventId) {
            this.name = name;
            this.lastEventId = lastEventId;
        }

        synchronized void take(List<@Nullable String> words) {
            if (isClosed) {
                return; // the client has left
            }
            switch (words.get(0)) {
                case "event" -> {
                    events.add(new ReceivedEvent(words.get(2), words.get(3), words.get(4)));
                    lastEventId = words.get(4);
                }
                case "last" -> lastEventId = words.get(2);
                default -> hasEnded = true;
            }
        }

        @Override
        public void run() {
            // the node sends by itself
        }

        @Override
        public synchronized List<ReceivedEvent> events() {
            return List.copyOf(events);
        }

        @Override
        public synchronized String lastEventId() {
            return lastEventId;
        }

        @Override
        public synchronized boolean hasEnded() {
            return hasEnded || ended;
        }

        @Override
        public void close() {
            synchronized (this) {
                isClosed = true;
            }
            streams.remove(name);
            send(List.of("leave", name));
        }
    }
}
