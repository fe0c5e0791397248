package io.sluice.sse.examples.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.test.SseTestClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.openqa.selenium.chrome.ChromeDriver;

/**
 * What each client does when its stream opens, ends, is rejected or is cancelled, as the table of docs/recipes.md. All
 * clients run at the same time, in a frame of one page each.
 */
final class ClientMatrix {

    private static final List<String> COLUMNS =
            List.of("open", "resume", "refused at a full server", "drained", "ended", "cancelled");

    private final List<ClientUnderTest> clients = new ArrayList<>();
    private final Map<ClientUnderTest, Map<String, String>> cells = new LinkedHashMap<>();

    private ClientMatrix() {}

    /** Runs all clients. @return the table */
    static String measure(ChromeDriver browser, Path nodeModules) throws IOException {
        ClientMatrix matrix = new ClientMatrix();
        try {
            for (ClientLibrary library : ClientLibrary.all()) {
                ClientUnderTest client = new ClientUnderTest(library, browser, matrix.clients.size(), nodeModules);
                matrix.clients.add(client);
                matrix.cells.put(client, new LinkedHashMap<>());
            }
            matrix.clients.get(0).loadParent(matrix.clients.size());
            matrix.refused();
            matrix.opened();
            matrix.resumed();
            matrix.drained();
            matrix.cancelled();
            matrix.ended();
        } finally {
            matrix.clients.forEach(ClientUnderTest::close);
        }
        return matrix.table();
    }

    /** The server is full when the client comes. Then its place becomes free. */
    private void refused() throws IOException {
        List<SseTestClient> occupants = new ArrayList<>();
        for (ClientUnderTest client : clients) {
            occupants.add(client.occupy());
            client.load();
        }
        clients.forEach(ClientUnderTest::awaitRefused);
        for (SseTestClient occupant : occupants) {
            occupant.close();
        }
        for (ClientUnderTest client : clients) {
            put(client, "refused at a full server", client.returns() ? "returns" : "**does not return**");
        }
    }

    private void opened() throws IOException {
        for (ClientUnderTest client : clients) {
            client.stopServer();
            client.restart(0);
            client.load();
        }
        for (ClientUnderTest client : clients) {
            client.awaitStream();
            client.publish("one");
        }
        for (ClientUnderTest client : clients) {
            put(client, "open", client.shows("one") ? "gets each event" : "**gets nothing**");
        }
    }

    /** The server ends the stream, and an event is published while the client is away. */
    private void resumed() {
        clients.forEach(ClientUnderTest::closeStream);
        clients.forEach(ClientUnderTest::awaitClosed);
        clients.forEach(client -> client.publish("two"));
        for (ClientUnderTest client : clients) {
            put(client, "resume", returned(client, List.of("one", "two")));
        }
        begin("three");
    }

    private void drained() throws IOException {
        for (ClientUnderTest client : clients) {
            int port = client.stopServer();
            client.publish("four");
            client.restart(port);
        }
        for (ClientUnderTest client : clients) {
            List<String> before = client.shown();
            List<String> expected = new ArrayList<>(before);
            if (!before.contains("four")) {
                expected.add("four");
            }
            put(client, "drained", returned(client, expected));
        }
        begin("five");
    }

    private void cancelled() {
        clients.forEach(ClientUnderTest::cancel);
        for (ClientUnderTest client : clients) {
            client.awaitNoStream();
            put(client, "cancelled", "its stream closes");
            client.load();
        }
        clients.forEach(ClientUnderTest::awaitStream);
    }

    private void ended() {
        clients.forEach(client -> client.endTopic("last"));
        for (ClientUnderTest client : clients) {
            boolean complete = client.shows("last");
            client.awaitOver();
            client.awaitNoStream();
            put(client, "ended", complete ? "stays away" : "**loses the last event**");
        }
    }

    private static String returned(ClientUnderTest client, List<String> expected) {
        if (!client.shows(expected.get(expected.size() - 1))) {
            return "**does not return**";
        }
        return client.shown().equals(expected) ? "returns, nothing is lost" : "**returns, and events are lost**";
    }

    /** Each client has a stream again, those that do not return by a new load of their page. */
    private void begin(String text) {
        clients.stream().filter(ClientUnderTest::isOver).forEach(ClientUnderTest::load);
        clients.forEach(ClientUnderTest::awaitStream);
        clients.forEach(client -> client.publish(text));
        clients.forEach(client -> assertThat(client.shows(text)).isTrue());
    }

    private void put(ClientUnderTest client, String column, String cell) {
        cells.get(client).put(column, cell);
    }

    private String table() {
        StringBuilder text = new StringBuilder("| client | " + String.join(" | ", COLUMNS) + " |\n");
        text.append("|---".repeat(COLUMNS.size() + 1)).append("|\n");
        cells.forEach((client, row) -> {
            text.append("| ").append(client.library.title());
            COLUMNS.forEach(column -> text.append(" | ").append(row.get(column)));
            text.append(" |\n");
        });
        return text.toString();
    }
}
