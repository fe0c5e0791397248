package io.sluice.sse.benchmarks.compare;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs the load generator against a server. */
final class Generator {

    private static final String MARK = "mark ";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final CPrograms programs;
    private final Cores cores;

    Generator(CPrograms programs, Cores cores) {
        this.programs = programs;
        this.cores = cores;
    }

    /** @return the measured figures */
    ObjectNode run(Workload workload, Contender contender, ServerUnderLoad server, Marks marks)
            throws IOException, InterruptedException {
        String program = programs.generatorOf(workload).toString();
        List<String> command = new ArrayList<>(List.of(program, "--marks", "--label", contender.name()));
        command.addAll(List.of("--port", Integer.toString(server.port()), "--pids", server.pids()));
        command.addAll(List.of("--publish-port", Integer.toString(server.publishPort())));
        command.addAll(List.of("--cpu", Integer.toString(cores.generator())));
        command.addAll(List.of("--server-cpu", Integer.toString(cores.server())));
        command.addAll(workload.generatorArguments(contender));
        Process process = new ProcessBuilder(command).start();
        Thread end = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(end);
        try {
            serve(process, marks);
            String line = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor(10, TimeUnit.SECONDS);
            if (line.isBlank()) {
                throw new IOException("the generator has ended with status " + process.exitValue());
            }
            return (ObjectNode) JSON.readTree(line);
        } finally {
            process.destroyForcibly();
            Runtime.getRuntime().removeShutdownHook(end);
        }
    }

    private static void serve(Process process, Marks marks) throws IOException, InterruptedException {
        BufferedReader messages = process.errorReader(StandardCharsets.UTF_8);
        OutputStream reply = process.getOutputStream();
        for (String line = messages.readLine(); line != null; line = messages.readLine()) {
            if (line.startsWith(MARK)) {
                marks.reached(line.substring(MARK.length()));
                reply.write('\n');
                reply.flush();
            } else {
                System.err.println(line);
            }
        }
    }
}
