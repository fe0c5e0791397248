package io.sluice.sse.hub.log;

/**
 * Where the kept event is whose publisher chose its id.
 *
 * @param position its position
 * @param topic the first of the topics that it was published to
 */
public record PublisherId(long position, String topic) {}
