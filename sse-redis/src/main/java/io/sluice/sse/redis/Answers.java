package io.sluice.sse.redis;

import io.lettuce.core.RedisFuture;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for answers of Redis. Waiting publications fail in time meanwhile. Confined to the thread of the backplane. */
final class Answers {

    static final long TICK_MILLIS = 50;

    private final Appender appender;
    private final Duration longest;

    /** @param longest how long Redis may take */
    Answers(Appender appender, Duration longest) {
        this.appender = appender;
        this.longest = longest;
    }

    <T> T await(RedisFuture<T> answer) throws ExecutionException, TimeoutException, InterruptedException {
        return await(answer, longest);
    }

    <T> T await(Future<T> answer, Duration atMost) throws ExecutionException, TimeoutException, InterruptedException {
        long begun = System.nanoTime();
        while (true) {
            try {
                return answer.get(TICK_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                appender.tick();
                if (System.nanoTime() - begun > atMost.toNanos()) {
                    throw new TimeoutException("no answer within " + atMost);
                }
            }
        }
    }

    /** The message of the first cause, for an operator. */
    static String reasonOf(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = cause.getMessage();
        return message == null ? cause.getClass().getSimpleName() : message;
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String text(Object value) {
        return value instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : String.valueOf(value);
    }

    /** A time in milliseconds since 1970. A text that is none is the time now. */
    static long millis(String time) {
        try {
            return Math.max(0, Long.parseLong(time));
        } catch (NumberFormatException e) {
            return System.currentTimeMillis();
        }
    }
}
