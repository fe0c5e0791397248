package io.sluice.sse.examples.recipes;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.OpenAIException;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseRetrieveParams;
import com.openai.models.responses.ResponseStreamEvent;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The SDK of OpenAI for Java, with its default settings. Each stream has a thread. */
final class JavaCaller implements SdkClient.Caller {

    /** Reads a stream until it is complete or the client gives up. */
    interface Reader {
        void read(Run run) throws OpenAIException;
    }

    private final Reader reader;
    private volatile Run run = new Run("http://localhost");

    JavaCaller(Reader reader) {
        this.reader = reader;
    }

    /** One use of the SDK. */
    static final class Run {
        private final OpenAIClient client;
        private final List<String> shown = new CopyOnWriteArrayList<>();
        private volatile boolean over;
        private volatile boolean cancelled;
        private volatile String response;

        Run(String url) {
            client = OpenAIOkHttpClient.builder()
                    .baseUrl(url + "/v1")
                    .apiKey("none")
                    .build();
        }

        private void begin(Reader reader) {
            Thread thread = new Thread(() -> {
                try {
                    reader.read(this);
                } catch (OpenAIException e) {
                    System.err.println("the SDK for Java gives up: " + e);
                } finally {
                    over = true;
                }
            });
            thread.setDaemon(true);
            thread.start();
        }
    }

    static void chat(Run run) {
        ChatCompletionCreateParams question = ChatCompletionCreateParams.builder()
                .model("any")
                .addUserMessage("?")
                .build();
        try (StreamResponse<ChatCompletionChunk> chunks =
                run.client.chat().completions().createStreaming(question)) {
            Iterator<ChatCompletionChunk> iterator = chunks.stream().iterator();
            while (!run.cancelled && iterator.hasNext()) {
                iterator.next().choices().get(0).delta().content().ifPresent(run.shown::add);
            }
        }
    }

    /** Resumes after each failure, as a program with this SDK would. */
    static void response(Run run) {
        long last = -1;
        for (boolean complete = false; !complete; ) {
            try (StreamResponse<ResponseStreamEvent> events = last < 0 ? asked(run) : resumed(run, last)) {
                Iterator<ResponseStreamEvent> iterator = events.stream().iterator();
                while (iterator.hasNext()) {
                    ResponseStreamEvent event = iterator.next();
                    last++; // the numbers begin at 0 and have no hole
                    event.created()
                            .ifPresent(
                                    created -> run.response = created.response().id());
                    event.outputTextDelta().ifPresent(delta -> run.shown.add(delta.delta()));
                    complete = event.isCompleted() || event.isIncomplete() || event.isFailed();
                }
            } catch (OpenAIException e) {
                if (last < 0) {
                    throw e;
                }
            }
        }
    }

    private static StreamResponse<ResponseStreamEvent> asked(Run run) {
        return run.client
                .responses()
                .createStreaming(ResponseCreateParams.builder()
                        .model("any")
                        .input("?")
                        .background(true)
                        .build());
    }

    private static StreamResponse<ResponseStreamEvent> resumed(Run run, long last) {
        return run.client
                .responses()
                .retrieveStreaming(
                        run.response,
                        ResponseRetrieveParams.builder().startingAfter(last).build());
    }

    @Override
    public void load(String url) {
        run = new Run(url);
        run.begin(reader);
    }

    @Override
    public void cancel() {
        run.cancelled = true;
        if (run.response != null) {
            run.client.responses().cancel(run.response);
        }
    }

    @Override
    public List<String> shown() {
        return run.shown;
    }

    @Override
    public boolean isOver() {
        return run.over;
    }

    @Override
    public void close() {
        run.client.close();
    }
}
