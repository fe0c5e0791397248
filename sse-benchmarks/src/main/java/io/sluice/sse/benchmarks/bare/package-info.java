/**
 * Netty alone over TLS, HTTP/2 and with gzip: servers that only broadcast. They show what Netty costs at least in the
 * way that each of them uses it, and so what a server on Netty can reach.
 */
@NullMarked
package io.sluice.sse.benchmarks.bare;

import org.jspecify.annotations.NullMarked;
