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

    /** Why there is nothing to see, or empty. */
    String error() {
        return line.path("error").asText("");
    }

    /** @param path as {@code latency.p99} */
    OptionalDouble figure(String path) {
        JsonNode node = line;
        for (String name : path.split("\\.", -1)) {
            node = node.path(name);
        }
        return node.isNumber() ? OptionalDouble.of(node.asDouble()) : OptionalDouble.empty();
    }

    /** Whether each client got each event once and in order. */
    boolean isRight() {
        return error().isEmpty()
                && figure("badClients").orElse(0) == 0
                && figure("wrongLength").orElse(0) == 0
                && figure("foreign").orElse(0) == 0
                && figure("badInAllRepeats").orElse(0) == 0;
    }

    /** Whether the generator had no time left while the server had: its figure is then a lower bound. */
    boolean isBoundByGenerator() {
        return figure("generatorBound").orElse(0) > 0;
    }

    /** Of a replay: the median of all times but the first two, which find cold code. */
    OptionalDouble replayMillis() {
        List<Double> times = new ArrayList<>();
        for (int i = 2; figure("millis" + i).isPresent(); i++) {
            times.add(figure("millis" + i).getAsDouble());
        }
        return Medians.of(times);
    }
}
