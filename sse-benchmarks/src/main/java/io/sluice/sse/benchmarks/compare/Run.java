package io.sluice.sse.benchmarks.compare;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/** One workload on one server in one round: a line of the results. */
record Run(JsonNode line) {

    String server() {
        return line.path("server").asText();
    }

    String kind() {
        return line.path("kind").asText();
    }

    String workload() {
        return line.path("workload").asText();
    }

    int round() {
        return line.path("round").asInt();
    }

    /** The error of a failed run, or empty. */
    String error() {
        return line.path("error").asText("");
    }

    /** @param path for example {@code latency.p99} */
    OptionalDouble figure(String path) {
        JsonNode node = line;
        for (String name : path.split("\\.", -1)) {
            node = node.path(name);
        }
        return node.isNumber() ? OptionalDouble.of(node.asDouble()) : OptionalDouble.empty();
    }

    /** Whether each client received each event once and in order. */
    boolean isCorrect() {
        return error().isEmpty()
                && figure("badClients").orElse(0) == 0
                && figure("wrongLength").orElse(0) == 0
                && figure("foreign").orElse(0) == 0
                && figure("decodeErrors").orElse(0) == 0
                && figure("badInAllRepeats").orElse(0) == 0;
    }

    /** Whether the generator was the bottleneck and not the server; the figure is then a lower limit. */
    boolean isBoundByGenerator() {
        return figure("generatorBound").orElse(0) > 0;
    }

    /** For a replay: the median of all times except the first two, which include warm-up. */
    OptionalDouble replayMillis() {
        List<Double> times = new ArrayList<>();
        for (int i = 2; figure("millis" + i).isPresent(); i++) {
            times.add(figure("millis" + i).getAsDouble());
        }
        return Medians.of(times);
    }
}
