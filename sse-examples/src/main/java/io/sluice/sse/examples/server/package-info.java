/** The bundled server: options, routes and page. */
@NullMarked
package io.sluice.sse.examples.server;

import org.jspecify.annotations.NullMarked;
