package io.sluice.sse.hub;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What user code has thrown: each failure is counted, and logged with the client's id, of each kind of code once per
 * second: code that fails for each of a million events does not fill the disk besides. Thread-safe.
 */
final class UserCodeFailures {

    private static final Logger log = LoggerFactory.getLogger(Hub.class);

    private final LongSupplier clock;
    private final LongAdder count = new LongAdder();
    /** By kind, of which there are a few: the words come from our own code only. */
    private final ConcurrentHashMap<String, OncePerSecond> lines = new ConcurrentHashMap<>();

    UserCodeFailures(LongSupplier clock) {
        this.clock = clock;
    }

    /**
     * @param client the client's id, or {@code "-"} where there is none
     * @param what which code, such as {@code "observer"}
     */
    void failed(String client, String what, Throwable failure) {
        count.increment();
        OncePerSecond line = lines.computeIfAbsent(what, kind -> new OncePerSecond(clock));
        if (line.passes()) {
            log.warn("[{}] the {} failed{}", client, what, line.andMore(), failure);
        }
    }

    long count() {
        return count.sum();
    }
}
