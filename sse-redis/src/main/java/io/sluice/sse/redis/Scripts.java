package io.sluice.sse.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The steps that have to be atomic in Redis, as scripts in Lua. The usual publication needs none of them. */
final class Scripts {

    /** Returns the epoch of the stream, after it has begun a new one if the old one may have lost entries. */
    static final String ATTACH = read("attach.lua");

    /** Adds a batch, or events with ids that their publishers chose. */
    static final String APPEND = read("append.lua");

    /** Shows that Redis still takes writes, and returns the epoch and the last id of the stream. */
    static final String CHECK = read("check.lua");

    /** Trims entries by their age. */
    static final String TRIM = read("trim.lua");

    private Scripts() {}

    private static String read(String name) {
        try (InputStream in = Scripts.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the jar of sse-redis lacks " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
