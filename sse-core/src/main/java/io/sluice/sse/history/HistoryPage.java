package io.sluice.sse.history;

import java.util.List;

/**
 * Events of a history in the order of their positions.
 *
 * @param events the events
 * @param end the page contains all requested events up to this position
 */
public record HistoryPage(List<StoredEvent> events, long end) {}
