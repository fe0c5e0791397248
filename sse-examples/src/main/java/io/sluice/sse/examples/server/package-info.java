/** The bundled server: options, routes, page. */
@NullMarked
package io.sluice.sse.examples.server;

import org.jspecify.annotations.NullMarked;
