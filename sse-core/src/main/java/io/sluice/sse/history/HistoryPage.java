package io.sluice.sse.history;

import java.util.List;

/**
 * Some events of a history in the order of their positions.
 *
 * @param events the events
 * @param end everything asked for up to this position is among them
 */
public record HistoryPage(List<StoredEvent> events, long end) {}
