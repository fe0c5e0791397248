package io.sluice.sse.examples.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.openqa.selenium.chrome.ChromeDriver;

/**
 * What each client does when its stream opens, ends, is rejected or is cancelled, as the table of docs/recipes.md. All
 * clients run at the same time: those of browsers in a frame of one page each, and SDKs in Node and in Java.
 */
final class ClientMatrix {

    private static final List<String> COLUMNS =
            List.of("open", "resume", "refused at a full server", "drained", "ended", "cancelled");

    private final List<ClientUnderTest> clients = new ArrayList<>();
    private final Map<ClientUnderTest, Map<String, String>> cells = new LinkedHashMap<>();

    private ClientMatrix() {}

    /** Runs all clients. @return the table */
    static String measure(ChromeDriver browser, Path nodeModules) throws Exception {
        ClientMatrix matrix = new ClientMatrix();
        List<BrowserClient> ofBrowser = new ArrayList<>();
        for (ClientLibrary library : ClientLibrary.all()) {
            ofBrowser.add(new BrowserClient(library, browser, ofBrowser.size(), nodeModules));
        }
        matrix.clients.addAll(ofBrowser);
        matrix.clients.addAll(SdkClient.all());
        try {
            for (ClientUnderTest client : matrix.clients) {
                client.start(0, 1);
                matrix.cells.put(client, new LinkedHashMap<>());
            }
            ofBrowser.get(0).loadParent(ofBrowser.size());
            matrix.refused();
            matrix.opened();
            matrix.resumed();
            matrix.drained();
            matrix.cancelled();
            matrix.ended();
        } finally {
            for (ClientUnderTest client : matrix.clients) {
                client.close();
            }
        }
        return matrix.table();
    }

    /** The server is full when the client comes. Then its place becomes free. */
    private void refused() throws IOException {
        for (ClientUnderTest client : clients) { // one after another, since SDKs try again for two seconds only
            client.hold();
            client.load();
            client.awaitRefused();
            client.release();
        }
        for (ClientUnderTest client : clients) {
            put(client, "refused at a full server", client.returns() ? "returns" : "**does not return**");
        }
    }

    private void opened() throws IOException {
        for (ClientUnderTest client : clients) {
            client.moveToAnotherServer();
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

    /** A client that returns during the drain is refused. Then another server has the event that came meanwhile. */
    private void drained() throws IOException {
        for (ClientUnderTest client : clients) {
            client.beginDrain();
        }
        Map<ClientUnderTest, List<String>> complete = new HashMap<>();
        for (ClientUnderTest client : clients) {
            client.awaitRefusedByDrain();
            if (client.lastsInDrain()) {
                client.endTopic("four");
                put(client, "drained", client.shows("four") ? "gets the rest before the end" : "**loses the rest**");
            } else {
                List<String> expected = new ArrayList<>(client.shown());
                expected.add("four");
                complete.put(client, expected);
                client.publish("four");
            }
        }
        for (ClientUnderTest client : clients) {
            client.replaceDrainedServer();
        }
        for (ClientUnderTest client : clients) {
            if (!client.lastsInDrain()) {
                put(client, "drained", returned(client, complete.get(client)));
            }
        }
        clients.stream().filter(ClientUnderTest::lastsInDrain).forEach(ClientUnderTest::awaitOver);
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
            text.append("| ").append(client.title);
            COLUMNS.forEach(column -> text.append(" | ").append(row.get(column)));
            text.append(" |\n");
        });
        return text.toString();
    }
}
