package io.sluice.sse.topic;

/**
 * The result of a publication: the event has a position in the hub's sequence.
 *
 * @param id the id on the wire; ids rise across all topics of the hub, unless the publisher chose this one
 * @param topic the first topic of the event; for a duplicate, the first topic of the earlier event, which may be
 *     another one than the requested topic
 * @param duplicate whether an event with this id, which the publisher chose, was kept already, so that nothing was
 *     published
 */
public record Published(String id, String topic, boolean duplicate) {}
