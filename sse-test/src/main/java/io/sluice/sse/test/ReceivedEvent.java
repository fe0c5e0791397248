package io.sluice.sse.test;

/**
 * An event as a browser sees it, after the parser has read it.
 *
 * @param type its name; {@code message} if it has none
 * @param data its data, lines joined with LF
 * @param lastEventId its id; otherwise the id of the last event before it that had one; otherwise empty
 */
public record ReceivedEvent(String type, String data, String lastEventId) {}
