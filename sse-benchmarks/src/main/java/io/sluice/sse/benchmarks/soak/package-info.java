/**
 * Programs that run the bundled server in its own process under the loads that its guarantees are about, and print the
 * figures with their limits. Linux only: they read {@code /proc} and need epoll.
 */
@NullMarked
package io.sluice.sse.benchmarks.soak;

import org.jspecify.annotations.NullMarked;
