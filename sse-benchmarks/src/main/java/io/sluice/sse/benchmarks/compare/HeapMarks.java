package io.sluice.sse.benchmarks.compare;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * Measures the server's heap at the marks of the generator: the live objects at {@code before} and {@code after}, and
 * the whole heap at {@code begin} and {@code end}.
 */
final class HeapMarks implements Marks {

    private final ServerUnderLoad server;
    private final Map<String, Long> live = new HashMap<>();
    private final Map<String, JavaHeap.Moment> moments = new HashMap<>();

    HeapMarks(ServerUnderLoad server) {
        this.server = server;
    }

    @Override
    public void reached(String name) throws IOException, InterruptedException {
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
