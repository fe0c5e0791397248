/** Small programs, one file each, to read and to run. */
@NullMarked
package io.sluice.sse.examples;

import org.jspecify.annotations.NullMarked;
