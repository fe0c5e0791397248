package io.sluice.sse.hub;

/**
 * Where the kept event is whose publisher chose its id.
 *
 * @param position its position
 * @param topic the first of the topics that it was published to
 */
record PublisherId(long position, String topic) {}
