/**
 * Compares Sluice with other servers: builds and starts each in turn, applies the same load with the generator in
 * {@code src/main/c}, and writes {@code docs/benchmarks.md}.
 *
 * <p>{@code CompareCommand} → {@code Contenders} (the servers) → {@code Course} (rounds, stages, workloads) → {@code
 * ServerUnderLoad} and {@code Generator} → {@code Results} → {@code Report}, {@code Plots}. {@code GuardCommand} is a
 * short form that passes or fails; {@code ProfileCommand} shows where a server spends its time.
 */
@NullMarked
package io.sluice.sse.benchmarks.compare;

import org.jspecify.annotations.NullMarked;
