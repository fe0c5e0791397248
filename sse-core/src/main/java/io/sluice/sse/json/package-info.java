/** Events whose data is JSON, mapped by Jackson. Needs the optional {@code jackson-databind} on the class path. */
@NullMarked
package io.sluice.sse.json;

import org.jspecify.annotations.NullMarked;
