package io.sluice.sse.examples.recipes;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** What the model, or the tool, of a recipe says: the test gives one text after another to its newest run. */
final class SdkScript {

    private record Step(String text, boolean last) {}

    /** The steps of the newest run; null before it. */
    private volatile BlockingQueue<Step> newest;

    /** The next run is the newest, and none is before it. */
    void forget() {
        newest = null;
    }

    boolean isRunning() {
        return newest != null;
    }

    void publish(String text) {
        newest.add(new Step(text, false));
    }

    void end(String text) {
        newest.add(new Step(text, true));
    }

    /** Is a {@link LanguageModel}. */
    void answer(String prompt, LanguageModel.Tokens tokens) throws InterruptedException {
        BlockingQueue<Step> steps = begin();
        for (Step step = steps.take(); ; step = steps.take()) {
            tokens.next(step.text);
            if (step.last) {
                return;
            }
        }
    }

    /** Is a {@link McpServer.Tool}. */
    String call(JsonNode arguments, McpServer.Progress progress) throws InterruptedException {
        BlockingQueue<Step> steps = begin();
        int done = 0;
        for (Step step = steps.take(); ; step = steps.take()) {
            if (step.last) {
                return step.text;
            }
            progress.report(++done, 100, step.text);
        }
    }

    private BlockingQueue<Step> begin() {
        BlockingQueue<Step> steps = new LinkedBlockingQueue<>();
        newest = steps;
        return steps;
    }
}
