package io.sluice.sse.redis;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.test.ReceivedEvent;
import io.sluice.sse.topic.Publication;
import io.sluice.sse.topic.Published;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A node in a process of its own, which a test kills. It reads commands from its input, and writes what its clients
 * receive to its output. Its arguments: the address of Redis and the name of the hub. It ends with its input.
 */
final class NodeProgram {

    /** How long a command is waited for before the clients are looked after again. */
    private static final long TURN_MILLIS = 2;

    private static final String END_OF_INPUT = "";

    private final Hub hub;
    private final HubNode node;
    private final LinkedBlockingQueue<String> commands = new LinkedBlockingQueue<>();
    private final Map<String, Client> clients = new TreeMap<>();
    private @Nullable Boolean available;

    private static final class Client {
        final CycleNode.Stream stream;
        int sent;
        String lastSent = "";

        Client(CycleNode.Stream stream) {
            this.stream = stream;
        }
    }

    private NodeProgram(Hub hub) {
        this.hub = hub;
        this.node = new HubNode(hub);
    }

    public static void main(String[] args) throws InterruptedException {
        NodeProgram program = new NodeProgram(Hub.builder()
                .backplane(RedisBackplane.builder(args[0], args[1])
                        .commandTimeout(Duration.ofSeconds(1))
                        .node("process")
                        .build())
                .historyEvents(100_000)
                .build());
        Thread reader = new Thread(program::readAll, "commands");
        reader.setDaemon(true);
        reader.start();
        program.serve();
    }

    private void readAll() {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                commands.add(line);
            }
            commands.add(END_OF_INPUT);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void serve() throws InterruptedException {
        // As behind a load balancer, a node gets nothing before it is ready.
        Awaitility.await("Redis").atMost(Duration.ofSeconds(30)).until(node::isAvailable);
        while (true) {
            String command = commands.poll(TURN_MILLIS, TimeUnit.MILLISECONDS);
            if (END_OF_INPUT.equals(command)) {
                hub.close();
                return;
            }
            if (command != null) {
                execute(NodeLines.words(command));
            }
            boolean now = node.isAvailable();
            if (available == null || available != now) {
                available = now;
                send("available", Boolean.toString(now));
            }
            sendEvents();
        }
    }

    private void execute(List<@Nullable String> words) {
        String name = words.get(1);
        switch (words.get(0)) {
            case "subscribe" -> clients.put(name, new Client(node.subscribe(words.get(2))));
            case "leave" -> {
                Client client = clients.remove(name);
                if (client != null) {
                    client.stream.close();
                }
            }
            case "publish" -> publish(name, publicationsOf(words.subList(2, words.size())));
            default -> throw new IllegalArgumentException("unknown: " + words);
        }
    }

    private void publish(String number, List<Publication> batch) {
        node.publish(batch).whenComplete((published, failure) -> {
            List<@Nullable String> words = new ArrayList<>(List.of("published", number));
            if (failure != null) {
                words.set(0, "failed");
                words.add(String.valueOf(failure));
            } else {
                for (Published each : published) {
                    words.addAll(List.of(each.id(), each.topic(), Boolean.toString(each.duplicate())));
                }
            }
            send(NodeLines.line(words));
        });
    }

    /** The words of a batch. */
    static List<@Nullable String> wordsOf(List<Publication> batch) {
        List<@Nullable String> words = new ArrayList<>();
        for (Publication each : batch) {
            words.add(each.topic());
            words.add(each.event().data());
            words.add(each.event().id());
            words.add(each.event().key());
            words.add(Boolean.toString(each.last()));
        }
        return words;
    }

    private static List<Publication> publicationsOf(List<@Nullable String> words) {
        List<Publication> batch = new ArrayList<>();
        for (Iterator<@Nullable String> all = words.iterator(); all.hasNext(); ) {
            String topic = all.next();
            Event.Builder event = Event.builder().data(all.next());
            String id = all.next();
            if (id != null) {
                event.id(id);
            }
            String key = all.next();
            if (key != null) {
                event.key(key);
            }
            Publication one = new Publication(topic, event.build());
            batch.add(Boolean.parseBoolean(all.next()) ? one.asLast() : one);
        }
        return batch;
    }

    private void sendEvents() {
        for (Iterator<Map.Entry<String, Client>> all = clients.entrySet().iterator(); all.hasNext(); ) {
            Map.Entry<String, Client> each = all.next();
            Client client = each.getValue();
            client.stream.run();
            List<ReceivedEvent> events = client.stream.events();
            for (ReceivedEvent event : events.subList(client.sent, events.size())) {
                send("event", each.getKey(), event.type(), event.data(), event.lastEventId());
            }
            client.sent = events.size();
            String last = client.stream.lastEventId();
            if (!last.equals(client.lastSent)) {
                client.lastSent = last;
                send("last", each.getKey(), last);
            }
            if (client.stream.hasEnded()) {
                send("ended", each.getKey());
                all.remove();
            }
        }
    }

    private static void send(@Nullable String... words) {
        send(NodeLines.line(words));
    }

    private static void send(String line) {
        synchronized (System.out) {
            System.out.print(line);
            System.out.flush();
        }
    }
}
