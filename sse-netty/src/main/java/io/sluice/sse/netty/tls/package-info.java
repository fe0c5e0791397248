/**
 * Files that a server reads again when they have changed, without a restart: the certificates of TLS, and the keys of
 * an authenticator. {@code WatchedFiles} decides when a changed file may be taken; {@code PemFiles} reads the format.
 *
 * <p>All classes are thread-safe. A look at a file may block, so it never runs on an event loop. A file that cannot be
 * used is logged, and the value of before stays in use.
 *
 * <p>This package is not exported. Its public members are public only for the other packages of this module.
 */
@NullMarked
package io.sluice.sse.netty.tls;

import org.jspecify.annotations.NullMarked;
