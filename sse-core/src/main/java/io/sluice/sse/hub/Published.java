package io.sluice.sse.hub;

/**
 * The answer to a publication: the event has its place in the hub's sequence.
 *
 * @param id the id on the wire, rising through the whole hub unless the publisher chose it
 * @param duplicate whether an event with this chosen id was kept already, so that nothing was delivered
 */
public record Published(String id, boolean duplicate) {}
