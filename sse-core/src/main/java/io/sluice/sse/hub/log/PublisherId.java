package io.sluice.sse.hub.log;

/**
 * Locates a kept event whose publisher chose the id.
 *
 * @param position the position of the event
 * @param topic the first of the topics to which it was published
 */
public record PublisherId(long position, String topic) {}
