/**
 * Sluice beside other servers: builds and starts each in turn, puts the same load on it with the generator in
 * {@code src/main/c}, and writes {@code docs/benchmarks.md}.
 *
 * <p>{@code CompareCommand} → {@code Contenders} (what there is to start) → {@code Course} (rounds, stages, workloads) →
 * {@code ServerUnderLoad} and {@code Generator} → {@code Results} → {@code Report}, {@code Plots}. {@code GuardCommand} is
 * the short form that passes or fails; {@code ProfileCommand} tells where a server's time goes.
 */
@NullMarked
package io.sluice.sse.benchmarks.compare;

import org.jspecify.annotations.NullMarked;
