package io.sluice.sse.examples.server;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.sluice.sse.netty.RouteResponse;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;

/** JSON in and out: strict when it reads, without nulls when it writes. */
final class Json {

    private Json() {}

    /** Loaded with the first value that is read or written: Jackson takes its time. */
    private static final class Mapper {
        static final JsonMapper INSTANCE = JsonMapper.builder()
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                // Numbers come out as they went in.
                .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
                .defaultPropertyInclusion(
                        JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
                .build();
    }

    /** @throws IllegalArgumentException if it is not JSON, or more than one value */
    static JsonNode read(String text) {
        try {
            return Mapper.INSTANCE.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("this is not JSON: " + e.getOriginalMessage(), e);
        }
    }

    static String write(Object value) {
        try {
            return Mapper.INSTANCE.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot be written as JSON: " + value.getClass(), e);
        }
    }

    /** A value as an answer that nobody keeps. */
    static RouteResponse answer(Object value) {
        return answer(200, write(value));
    }

    static RouteResponse answer(int status, String json) {
        return RouteResponse.of(status, "application/json", json).with("cache-control", "no-store");
    }

    /** What writes a value by hand. */
    @FunctionalInterface
    interface Writing {
        void to(JsonGenerator json) throws IOException;
    }

    /** As {@link #answer(Object)}, for what is answered often: without a look at what its class is made of. */
    static RouteResponse answer(Writing value) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = Mapper.INSTANCE.createGenerator(text)) {
            value.to(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return answer(200, text.toString());
    }
}
