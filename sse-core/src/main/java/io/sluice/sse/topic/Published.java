package io.sluice.sse.topic;

/**
 * The answer to a publication: the event has its place in the hub's sequence.
 *
 * @param id the id on the wire, rising through the whole hub unless the publisher chose it
 * @param topic where the event is: of a duplicate, the topic of the first, whichever was asked for
 * @param duplicate whether an event with this chosen id was kept already, so that nothing was delivered
 */
public record Published(String id, String topic, boolean duplicate) {}
