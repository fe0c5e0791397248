package io.sluice.sse.examples.server;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonFactory;
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

/** Reads and writes JSON: strict when reading, without nulls when writing. */
final class Json {

    private Json() {}

    /** Loaded with the first value that is read or written, because Jackson loads slowly. */
    private static final class Mapper {
        /**
         * Without the table of field names that the parsers of a factory share: clients choose the names, and names
         * whose hashes collide make the table fail for the documents of other clients.
         */
        private static final JsonFactory FACTORY = JsonFactory.builder()
                .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                .build();

        static final JsonMapper INSTANCE = JsonMapper.builder(FACTORY)
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                // Numbers are written exactly as they were read.
                .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
                .defaultPropertyInclusion(
                        JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
                .build();
    }

    /** @throws IllegalArgumentException if the text is not JSON, or more than one value */
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

    /** A response with a value that must not be cached. */
    static RouteResponse response(Object value) {
        return response(200, write(value));
    }

    static RouteResponse response(int status, String json) {
        return RouteResponse.of(status, "application/json", json).with("cache-control", "no-store");
    }

    /** Writes one value with a generator. */
    @FunctionalInterface
    interface ValueWriter {
        void writeTo(JsonGenerator json) throws IOException;
    }

    /** As {@link #response(Object)}, for frequent responses: writes without reflection. */
    static RouteResponse response(ValueWriter value) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = Mapper.INSTANCE.createGenerator(text)) {
            value.writeTo(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return response(200, text.toString());
    }
}
