package io.sluice.sse.examples.recipes;

import io.sluice.sse.Ledger;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.SseServerBuilder;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/** A client that is an SDK. Its server is the recipe for it, and the test says what the model or the tool does. */
final class SdkClient extends ClientUnderTest {

    /** The program that uses the SDK. */
    interface Caller extends AutoCloseable {
        /** Begins a stream. An earlier one is no longer wanted. */
        void load(String url);

        void cancel();

        List<String> shown();

        boolean isOver();
    }

    private final Caller caller;
    private final SdkScript script;
    private final AutoCloseable recipe;
    private final Supplier<SseServerBuilder> routes;
    private final boolean lastsInDrain;

    private SdkClient(
            String title,
            Hub hub,
            Caller caller,
            SdkScript script,
            AutoCloseable recipe,
            Supplier<SseServerBuilder> routes,
            boolean lastsInDrain) {
        super(title, hub);
        this.caller = caller;
        this.script = script;
        this.recipe = recipe;
        this.routes = routes;
        this.lastsInDrain = lastsInDrain;
    }

    /** The SDKs of {@code src/test/node/package.json} and of the POM. */
    static List<SdkClient> all() throws Exception {
        return List.of(
                chat("OpenAI SDK for JavaScript 6.30.1, chat completion", new NodeCaller("chat")),
                chat("OpenAI SDK for Java 4.105.0, chat completion", new JavaCaller(JavaCaller::chat)),
                responses("OpenAI SDK for JavaScript 6.30.1, response", new NodeCaller("responses")),
                responses("OpenAI SDK for Java 4.105.0, response", new JavaCaller(JavaCaller::response)),
                mcp("MCP SDK for TypeScript 1.32.2", new NodeCaller("mcp")));
    }

    private static SdkClient chat(String title, Caller caller) {
        SdkScript script = new SdkScript();
        return new SdkClient(
                title, Hub.create(), caller, script, () -> {}, () -> ChatCompletions.server(script::answer), true);
    }

    private static SdkClient responses(String title, Caller caller) {
        SdkScript script = new SdkScript();
        Hub hub = OpenAiResponses.hub();
        OpenAiResponses recipe = new OpenAiResponses(hub, script::answer, Duration.ofHours(1));
        return new SdkClient(title, hub, caller, script, recipe, recipe::server, false);
    }

    private static SdkClient mcp(String title, Caller caller) {
        SdkScript script = new SdkScript();
        Hub hub = McpServer.hub();
        McpServer recipe = new McpServer(hub, script::call);
        return new SdkClient(title, hub, caller, script, recipe, recipe::server, false);
    }

    @Override
    SseServerBuilder routes() {
        return routes.get();
    }

    @Override
    void load() {
        script.forget();
        caller.load(uri());
    }

    @Override
    void cancel() {
        caller.cancel();
        script.publish("a token by which a client that only looks between tokens sees that it has to leave");
    }

    @Override
    void publish(String text) {
        script.publish(text);
    }

    @Override
    void endTopic(String text) {
        script.end(text);
    }

    @Override
    boolean isStreaming() {
        return script.isRunning() && hub.ledger().counts().get(Ledger.Kind.SINKS) == 1;
    }

    @Override
    List<String> shown() {
        return caller.shown();
    }

    @Override
    boolean isOver() {
        return caller.isOver();
    }

    @Override
    boolean lastsInDrain() {
        return lastsInDrain;
    }

    @Override
    public void close() throws Exception {
        caller.close();
        recipe.close();
        super.close();
    }
}
