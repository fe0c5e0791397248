/**
 * History that outlives the process: what a hub asks of a store ({@link io.sluice.sse.history.History}), and a store on
 * H2's MVStore ({@link io.sluice.sse.history.MvStoreHistory}), which needs {@code com.h2database:h2-mvstore} on the class
 * path. Without one a hub keeps its history in memory.
 */
@NullMarked
package io.sluice.sse.history;

import org.jspecify.annotations.NullMarked;
