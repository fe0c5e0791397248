/** Small example programs, one file each. */
@NullMarked
package io.sluice.sse.examples;

import org.jspecify.annotations.NullMarked;
