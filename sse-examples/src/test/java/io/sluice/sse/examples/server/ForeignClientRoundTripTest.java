package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.launchdarkly.eventsource.ConnectStrategy;
import com.launchdarkly.eventsource.EventSource;
import com.launchdarkly.eventsource.MessageEvent;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import okhttp3.Interceptor;
import okhttp3.Response;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Any published text arrives unchanged at a third-party client. */
class ForeignClientRoundTripTest {

    private static final int EVENTS = 500;

    @ParameterizedTest
    @ValueSource(strings = {"identity", "gzip"})
    @Timeout(180)
    void everyStringArrives(String coding) throws Exception {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        System.out.println("sluice.seed=" + seed);
        Random random = new Random(seed);
        try (TestServer server = TestServer.start("--compression");
                EventSource client = new EventSource.Builder(ConnectStrategy.http(server.uri("/events/any"))
                                .clientBuilderActions(http -> http.addNetworkInterceptor(chain -> seen(chain, coding))))
                        .build()) {
            client.start();
            for (int i = 0; i < EVENTS; i++) {
                String data = RandomText.text(random, 12);
                String name = random.nextBoolean() ? "" : RandomText.name(random);
                String query = name.isEmpty() ? "" : "?event=" + URLEncoder.encode(name, StandardCharsets.UTF_8);

                HttpResponse<String> response = server.post("/publish/any" + query, data);
                assertThat(response.statusCode())
                        .as("seed %d: %s", seed, response.body())
                        .isEqualTo(200);

                MessageEvent got = client.readMessage();
                assertThat(got.getData())
                        .as("data of event %d, seed %d", i, seed)
                        .isEqualTo(data.replaceAll("\\r\\n?", "\n"));
                assertThat(got.getEventName())
                        .as("name of event %d, seed %d", i, seed)
                        .isEqualTo(name.isEmpty() ? "message" : name);
                assertThat(got.getLastEventId())
                        .as("id of event %d, seed %d", i, seed)
                        .isEqualTo(Json.read(response.body()).get("id").textValue());
            }
        }
    }

    /** OkHttp asks for gzip by itself, and decodes it if the request has not named a coding. */
    static Response seen(Interceptor.Chain chain, String coding) throws IOException {
        boolean isPlain = coding.equals("identity");
        Response response = chain.proceed(
                isPlain
                        ? chain.request()
                                .newBuilder()
                                .header("Accept-Encoding", coding)
                                .build()
                        : chain.request());
        assertThat(response.header("Content-Encoding")).isEqualTo(isPlain ? null : coding);
        return response;
    }
}
