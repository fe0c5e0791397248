/**
 * JMH benchmarks of single steps in the delivery of an event: encoding, publishing, waking a lane, framing, delivering.
 * Run with {@code java -jar sluice-benchmarks.jar jmh [regular expression] [options of JMH]}.
 */
@NullMarked
package io.sluice.sse.benchmarks.jmh;

import org.jspecify.annotations.NullMarked;
