/**
 * What the lanes of a hub share: the parts of the hub ({@link io.sluice.sse.hub.core.HubCore}), its options for
 * delivery, its counters, and the executor and failures of user code. A lane depends on this package instead of on the
 * hub.
 *
 * <p>All classes are thread-safe or immutable, so this package has no lock that is held while other code runs. The
 * exception is {@code SmallestFirst}, a helper that lives as long as one query.
 *
 * <p>This package is not exported. Its public members are public only for the other packages of the hub.
 */
@NullMarked
package io.sluice.sse.hub.core;

import org.jspecify.annotations.NullMarked;
