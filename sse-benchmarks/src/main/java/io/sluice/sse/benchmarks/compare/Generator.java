package io.sluice.sse.benchmarks.compare;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Runs the load generator against a server. At each mark that it sets it waits, until the server's heap has been looked
 * at.
 */
final class Generator {

    private static final String MARK = "mark ";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path program;
    private final Cores cores;

    Generator(Path program, Cores cores) {
        this.program = program;
        this.cores = cores;
    }

    /** @return what it measured, and what was seen at its marks */
    ObjectNode run(Workload workload, Contender contender, ServerUnderLoad server)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program.toString(), "--marks", "--label", contender.name()));
        command.addAll(List.of("--port", Integer.toString(server.port()), "--pids", server.pids()));
        command.addAll(List.of("--cpu", Integer.toString(cores.generator())));
        command.addAll(List.of("--server-cpu", Integer.toString(cores.server())));
        command.addAll(workload.generatorArguments(contender));
        Process process = new ProcessBuilder(command).start();
        Thread end = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(end);
        try {
            Marks marks = new Marks(server);
            serve(process, marks);
            String line = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor(10, TimeUnit.SECONDS);
            if (line.isBlank()) {
                throw new IOException("the generator has ended with status " + process.exitValue());
            }
            ObjectNode result = (ObjectNode) JSON.readTree(line);
            marks.addTo(result);
            return result;
        } finally {
            process.destroyForcibly();
            Runtime.getRuntime().removeShutdownHook(end);
        }
    }

    private static void serve(Process process, Marks marks) throws IOException, InterruptedException {
        BufferedReader says = process.errorReader(StandardCharsets.UTF_8);
        OutputStream answer = process.getOutputStream();
        for (String line = says.readLine(); line != null; line = says.readLine()) {
            if (line.startsWith(MARK)) {
                marks.reached(line.substring(MARK.length()));
                answer.write('\n');
                answer.flush();
            } else {
                System.err.println(line);
            }
        }
    }

    /** Before and after: live heap. Begin and end: what is on the heap at all. */
    private static final class Marks {

        private final ServerUnderLoad server;
        private final Map<String, Long> live = new HashMap<>();
        private final Map<String, JavaHeap.Moment> moments = new HashMap<>();

        Marks(ServerUnderLoad server) {
            this.server = server;
        }

        void reached(String name) throws IOException, InterruptedException {
            if (!server.runsOnJava()) {
                return;
            }
            switch (name) {
                case "begin", "end" -> moments.put(name, server.heap().now());
                default -> live.put(name, server.heap().liveBytes());
            }
        }

        void addTo(ObjectNode result) throws IOException {
            live.forEach((name, bytes) -> result.put("live." + name, bytes));
            Long before = live.get("before");
            Long after = live.get("after");
            if (before != null && after != null) {
                result.put("liveGrowth", after - before);
                result.put(
                        "livePerClient",
                        (double) (after - before) / result.path("clients").asDouble(1));
            }
            JavaHeap.Moment begin = moments.get("begin");
            JavaHeap.Moment end = moments.get("end");
            if (begin != null && end != null && result.path("received").asDouble() > 0) {
                double bytes = server.heap().allocated(begin, end);
                result.put("allocatedPerEvent", bytes / result.path("received").asDouble());
            }
        }
    }
}
