package io.sluice.sse.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonEventsTest {
    private final JsonEvents json = JsonEvents.withDefaults();

    record Price(String symbol, int cents) {}

    static final class Broken {
        public int getFirst() {
            return 1;
        }

        public int getSecond() {
            throw new UnsupportedOperationException("no second");
        }
    }

    @Test
    void writesAndReadsBack() {
        Price price = new Price("a\r\n\u2028b", 7);

        Event event = json.event("price", price);

        assertThat(event.name()).isEqualTo("price");
        assertThat(json.read(event.data(), Price.class)).isEqualTo(price);
    }

    @Test
    void reservedNamesAreRejected() {
        try (Hub hub = Hub.create()) {
            TypedTopic<Integer> topic = json.topic(hub, "numbers", Integer.class);
            for (String name : List.of("gap", "end")) {
                assertThatIllegalArgumentException().isThrownBy(() -> json.event(name, 1));
                assertThatIllegalArgumentException().isThrownBy(() -> topic.withEventName(name));
            }
        }
    }

    /** Functions as for the mapper of another library, such as Jackson 3. */
    @Test
    void anyTwoFunctionsCanWriteAndRead() {
        JsonEvents own = JsonEvents.using(
                value -> "\"" + value + "\"", (text, type) -> Integer.valueOf(text.substring(1, text.length() - 1)));
        assertThat(own.event("n", 7)).isEqualTo(Event.of("n", "\"7\""));
        assertThat(own.read("\"7\"", Integer.class)).isEqualTo(7);
        try (Hub hub = Hub.create()) {
            TypedTopic<Integer> topic = own.topic(hub, "numbers", Integer.class).withEventName("n");
            assertThat(topic.event(7)).isEqualTo(Event.of("n", "\"7\""));
            assertThat(topic.read(topic.event(7))).isEqualTo(7);
            assertThat(topic).hasToString("numbers of java.lang.Integer");
        }
        assertThatIllegalStateException()
                .isThrownBy(() -> own.read("[]", new TypeReference<List<String>>() {}))
                .withMessageContaining("needs a mapper of Jackson 2");
    }

    @Test
    void aFailingFunctionIsReportedWithTypeAndCause() {
        IOException failure = new IOException("no disk");
        JsonEvents own = JsonEvents.using(
                value -> {
                    throw failure;
                },
                (text, type) -> {
                    throw failure;
                });
        assertThatIllegalArgumentException()
                .isThrownBy(() -> own.event("n", 7))
                .withMessage("cannot write java.lang.Integer as JSON: no disk")
                .withCause(failure);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> own.read("7", Integer.class))
                .withMessage("cannot read JSON as java.lang.Integer: no disk")
                .withCause(failure);
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        JsonEvents.using(String::valueOf, (text, type) -> null).read("null", Integer.class))
                .withMessage("cannot read JSON as java.lang.Integer: it is null");
    }

    @Test
    void writesNullAsJsonNull() {
        assertThat(json.event("n", null)).isEqualTo(Event.of("n", "null"));
    }

    @Test
    void usesTheGivenMapper() {
        JsonEvents indented = JsonEvents.of(new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT));

        assertThat(indented.event("n", new Price("a", 1)).data()).contains("\n");
    }

    @Test
    void aFailedWrite_namesTypeAndCause() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> json.event("n", new Broken()))
                .withMessageStartingWith("cannot write " + Broken.class.getName() + " as JSON: no second")
                .withCauseInstanceOf(JsonProcessingException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "{\"symbol\":\"a\",\"cents\":\"x\"}", "{\"other\":1}", "{} {}", "null"})
    void read_rejectsAnythingButOneValueOfTheType(String data) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> json.read(data, Price.class))
                .withMessageStartingWith("cannot read JSON as " + Price.class.getName() + ": ");
    }
}
