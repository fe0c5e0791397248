package io.sluice.sse.examples.recipes;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.sse.examples.NodeProgram;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.StreamSupport;

/** An SDK for Node, in the program {@code sdk-clients.mjs}. */
final class NodeCaller implements SdkClient.Caller {

    private static final ObjectMapper JSON = new ObjectMapper();

    private record State(int load, List<String> shown, boolean over) {}

    private final NodeProgram program;
    private volatile State state = new State(0, List.of(), false);

    /** @param kind {@code chat}, {@code responses} or {@code mcp} */
    NodeCaller(String kind) throws Exception {
        program = NodeProgram.start("sdk-clients.mjs", kind);
        program.onLines(this::report);
    }

    private synchronized void report(String line) {
        try {
            JsonNode report = JSON.readTree(line);
            if (report.path("load").asInt() == state.load) { // not of a stream that is no longer wanted
                List<String> shown = StreamSupport.stream(report.get("shown").spliterator(), false)
                        .map(JsonNode::asText)
                        .toList();
                state = new State(state.load, shown, report.get("over").asBoolean());
            }
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(line, e);
        }
    }

    @Override
    public synchronized void load(String url) {
        state = new State(state.load + 1, List.of(), false);
        program.send("load " + state.load + " " + url);
    }

    @Override
    public void cancel() {
        program.send("cancel");
    }

    @Override
    public List<String> shown() {
        return state.shown;
    }

    @Override
    public boolean isOver() {
        return state.over;
    }

    @Override
    public void close() throws Exception {
        program.close();
    }
}
