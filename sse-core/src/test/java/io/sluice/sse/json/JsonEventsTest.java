package io.sluice.sse.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.sluice.sse.Event;
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
    void writesNullAsJsonNull() {
        assertThat(json.event("n", null)).isEqualTo(Event.of("n", "null"));
    }

    @Test
    void usesTheMapperThatIsGiven() {
        JsonEvents indented = JsonEvents.of(new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT));

        assertThat(indented.event("n", new Price("a", 1)).data()).contains("\n");
    }

    @Test
    void write_failsWhole_withTypeAndCause() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> json.event("n", new Broken()))
                .withMessageStartingWith("cannot write " + Broken.class.getName() + " as JSON: no second")
                .withCauseInstanceOf(JsonProcessingException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "{\"symbol\":\"a\",\"cents\":\"x\"}", "{\"other\":1}", "{} {}", "null"})
    void read_refuses_whatIsNotOneValueOfTheType(String data) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> json.read(data, Price.class))
                .withMessageStartingWith("cannot read JSON as " + Price.class.getName() + ": ");
    }
}
