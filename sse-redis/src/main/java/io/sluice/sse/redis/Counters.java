package io.sluice.sse.redis;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** The figures of a backplane since it was opened. Thread-safe. */
final class Counters {

    final LongAdder appended = new LongAdder();
    final LongAdder received = new LongAdder();
    final LongAdder gaps = new LongAdder();
    final LongAdder reconnects = new LongAdder();
    final LongAdder skipped = new LongAdder();
    final AtomicLong lag = new AtomicLong();
}
