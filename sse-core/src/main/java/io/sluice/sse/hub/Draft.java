package io.sluice.sse.hub;

import org.jspecify.annotations.Nullable;

/**
 * An event on its way into the sequence: encoded, without a position yet.
 *
 * @param topic where it goes
 * @param wire the encoded block; the sequencer's id line still has to be written at its front unless an id was chosen
 * @param chosenId the id that the publisher chose, or null
 * @param key what the event is the latest state of, or null
 */
record Draft(
        String topic,
        byte[] wire,
        @Nullable String chosenId,
        @Nullable String key) {}
