/**
 * History that outlives the process: the interface of a store ({@link io.sluice.sse.history.History}), and a store
 * based on H2's MVStore ({@link io.sluice.sse.history.MvStoreHistory}), which needs {@code com.h2database:h2-mvstore}
 * on the class path. Without a history, a hub keeps its events in memory only.
 */
@NullMarked
package io.sluice.sse.history;

import org.jspecify.annotations.NullMarked;
