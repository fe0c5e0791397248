/**
 * Programs that put the bundled server, in a process of its own, under the loads that its promises are about, and print
 * the figures with their bounds. Linux only: they read {@code /proc} and need epoll.
 */
@NullMarked
package io.sluice.sse.benchmarks.soak;

import org.jspecify.annotations.NullMarked;
