package io.sluice.sse.benchmarks.client;

import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.Transport;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The measured server, with one lane. It prints its port. For each input line it prints what is reachable from the
 * server: one class per line, then a blank line.
 */
final class ServerProcess {

    private ServerProcess() {}

    /** @param arguments the transport */
    public static void main(String[] arguments) throws IOException {
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        System.setOut(System.err); // keeps messages of JOL out of the protocol
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (Hub hub = Hub.create();
                SseServer server = SseServer.builder()
                        .hub(hub)
                        .port(0)
                        .threads(1)
                        .transport(Transport.valueOf(arguments[0].toUpperCase(Locale.ROOT)))
                        .start()) {
            out.println(server.port());
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                System.gc(); // clears weak references to garbage, which would count as references to live objects
                System.gc();
                Graph.of(server)
                        .forEach((name, weight) -> out.println(weight.count() + " " + weight.bytes() + " " + name));
                out.println();
            }
        }
    }
}
