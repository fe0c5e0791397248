package io.sluice.sse.benchmarks.compare;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Runs a comparison: every stage in each round, and every contender in each stage, so that disturbances of the machine
 * affect all of them alike. If a contender fails, the results get a line with the error, and the comparison continues.
 */
final class Course {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Generator generator;
    private final Cores cores;
    private final Path file;

    Course(CPrograms programs, Cores cores, Path file) {
        this.generator = new Generator(programs, cores);
        this.cores = cores;
        this.file = file;
    }

    void run(List<Stage> stages, List<Contender> contenders, int rounds) throws IOException, InterruptedException {
        for (int round = 1; round <= rounds; round++) {
            for (Stage stage : stages) {
                if (round <= stage.rounds()) {
                    System.out.printf("round %d, %s%n", round, stage.name());
                    for (Contender contender : contenders) {
                        run(round, stage.of(contender), contender);
                    }
                }
            }
        }
    }

    private void run(int round, List<Workload> workloads, Contender contender)
            throws IOException, InterruptedException {
        if (workloads.isEmpty()) {
            return;
        }
        try (ServerUnderLoad server = ServerUnderLoad.start(contender, cores.ofServer(workloads))) {
            for (Workload workload : workloads) {
                write(round, workload, contender, measure(workload, contender, server));
            }
        } catch (IOException e) {
            for (Workload workload : workloads) {
                write(round, workload, contender, failure(e));
            }
        }
    }

    private ObjectNode measure(Workload workload, Contender contender, ServerUnderLoad server)
            throws InterruptedException {
        try {
            HeapMarks heap = new HeapMarks(server);
            ObjectNode measured = generator.run(workload, contender, server, heap);
            heap.addTo(measured);
            return measured;
        } catch (IOException e) {
            return failure(e);
        }
    }

    private static ObjectNode failure(IOException e) {
        return JSON.createObjectNode().put("error", String.valueOf(e.getMessage()));
    }

    private void write(int round, Workload workload, Contender contender, ObjectNode measured) throws IOException {
        ObjectNode line = JSON.createObjectNode()
                .put("server", contender.name())
                .put("kind", contender.kind().name())
                .put("workload", workload.name())
                .put("round", round);
        measured.remove("server");
        line.setAll(measured);
        Results.append(file, line);
        print(new Run(line));
    }

    private static void print(Run run) {
        StringBuilder text = new StringBuilder();
        text.append(String.format(Locale.ROOT, "  %-16s %-15s", run.server(), run.workload()));
        if (!run.error().isEmpty()) {
            text.append(" FAILED: ").append(run.error());
        }
        for (Figure figure : List.of(
                Figure.EVENTS_PER_SECOND,
                Figure.CPU_PER_MILLION,
                Figure.P50,
                Figure.P99,
                Figure.LIVE_PER_CLIENT,
                Figure.CONNECT_MICROS,
                Figure.CPU_PER_CHURNED,
                Figure.REPLAY)) {
            figure.of(run)
                    .ifPresent(value -> text.append(String.format(Locale.ROOT, "  %s %,.2f", figure.title(), value)));
        }
        text.append(run.isCorrect() || !run.error().isEmpty() ? "" : "  SEQUENCE BROKEN")
                .append(run.isBoundByGenerator() ? "  (generator)" : "");
        System.out.println(text);
    }
}
