package io.sluice.sse.examples;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.wire.EventParser;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A client is disconnected in the middle of an event, misses the next events, and reconnects with its last id. Nothing
 * is lost and nothing is received twice. The program runs by itself, prints what happens, and ends.
 */
public final class ResumeAfterDrop {

    private ResumeAfterDrop() {}

    /** Prints what happens. */
    public static void main(String[] args) throws Exception {
        run(System.out::println);
    }

    /** @return the data that the client has received, in order */
    static List<String> run(Consumer<String> out) throws Exception {
        try (Hub hub = Hub.create();
                SseServer server = SseServer.builder().hub(hub).port(0).start()) {
            Client client = new Client(URI.create(server.uri() + "/events/news"), out);

            try (InputStream stream = client.connect()) {
                publish(hub, "one", "two", "three");
                client.readUntilInside(stream, "three");
            } // the connection is closed in the middle of an event
            out.accept("-- cut off inside \"three\"");

            publish(hub, "four", "five"); // the hub retains them within the limits of its history
            out.accept("-- meanwhile \"four\" and \"five\" were published");

            try (InputStream stream = client.connect()) {
                client.readUntilInside(stream, "five");
                publish(hub, "six");
                client.readUntilInside(stream, "six");
                client.readBlock(stream);
            }
            return client.received;
        }
    }

    private static void publish(Hub hub, String... words) {
        for (String word : words) {
            hub.publish("news", Event.of(word));
        }
    }

    /** Does what an EventSource in a browser does: remembers the last id, and sends it on the next connect. */
    private static final class Client implements EventParser.Listener {
        final List<String> received = new ArrayList<>();
        private final EventParser parser = new EventParser(this);
        private final HttpClient http = HttpClient.newHttpClient();
        private final URI uri;
        private final Consumer<String> out;

        Client(URI uri, Consumer<String> out) {
            this.uri = uri;
            this.out = out;
        }

        InputStream connect() throws IOException, InterruptedException {
            parser.reset(); // discards the unfinished event of the last connection; the last id stays
            HttpRequest.Builder request = HttpRequest.newBuilder(uri);
            if (!parser.lastEventId().isEmpty()) {
                request.header("Last-Event-ID", parser.lastEventId());
            }
            out.accept("connecting, last id: " + parser.lastEventId());
            InputStream stream =
                    http.send(request.build(), BodyHandlers.ofInputStream()).body();
            readBlock(stream); // contains the id of the position at which the stream begins
            return stream;
        }

        @Override
        public void onEvent(String name, String data, String lastEventId) {
            received.add(data);
            out.accept("received " + data + ", id " + lastEventId);
        }

        /** Reads up to and including these words, and not one byte more. */
        void readUntilInside(InputStream stream, String words) throws IOException {
            StringBuilder read = new StringBuilder();
            while (read.indexOf(words) < 0) {
                read.append(readByte(stream));
            }
        }

        /** Reads to the next empty line. */
        void readBlock(InputStream stream) throws IOException {
            StringBuilder read = new StringBuilder();
            while (read.indexOf("\n\n") < 0) {
                read.append(readByte(stream));
            }
        }

        private char readByte(InputStream stream) throws IOException {
            int next = stream.read();
            if (next < 0) {
                throw new IOException("the stream has ended");
            }
            parser.feed(new byte[] {(byte) next}, 0, 1);
            return (char) next;
        }
    }
}
