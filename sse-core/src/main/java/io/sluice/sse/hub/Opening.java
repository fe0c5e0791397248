package io.sluice.sse.hub;

import io.sluice.sse.Gap;
import org.jspecify.annotations.Nullable;

/**
 * How a subscription begins: at which position, and whether something was missed. Made under the hub's lock, where the
 * topics stand still.
 *
 * @param position the client has everything up to here, or was told that it has not
 * @param toldEvictions the hub's evictions up to this number make no gap: they were told, or lie outside of what was
 *     asked for
 * @param gap what to tell the client, or null
 */
record Opening(long position, long toldEvictions, @Nullable Gap gap) {

    static Opening resolve(Hub hub, Subscription subscription, Start start) {
        long head = hub.log().head();
        String lastEventId = start.lastEventId();
        if (lastEventId != null) {
            return resume(hub, subscription, lastEventId, head);
        }
        if (start.since() != null) {
            return since(hub, subscription, hub.log().nanosAt(start.since()), head);
        }
        if (start.replay() > 0) {
            return new Opening(
                    Missed.beforeLastKept(subscription, start.replay(), head),
                    hub.log().bounds.evictions(),
                    null);
        }
        return new Opening(head, 0, null);
    }

    private static Opening resume(Hub hub, Subscription subscription, String lastEventId, long head) {
        Sequencer sequencer = hub.sequencer();
        Long position = sequencer.positionOf(lastEventId);
        if (position == null) {
            LogEntry chosen = hub.log().bounds.keptWithChosenId(lastEventId);
            position = chosen == null ? null : chosen.position;
        }
        Gap.Why why;
        if (position == null) {
            why = sequencer.isOwnShape(lastEventId) ? Gap.Why.FOREIGN : Gap.Why.UNKNOWN;
        } else if (position > head) {
            why = Gap.Why.AHEAD;
        } else if (Missed.isGap(subscription, position, 0)) {
            why = Gap.Why.EVICTED;
        } else {
            return new Opening(position, 0, null);
        }
        OverflowPolicy policy;
        long known;
        if (position != null && why == Gap.Why.EVICTED) {
            policy = Missed.overflow(hub, subscription, position, 0);
            known = position;
        } else {
            policy = Missed.overflowOfAll(hub, subscription);
            known = 0;
        }
        long resume = policy == OverflowPolicy.LATEST ? head : Missed.beforeOldestKept(subscription, known, head);
        return new Opening(
                resume, hub.log().bounds.evictions(), new Gap(why, repeatable(lastEventId), sequencer.idOf(resume)));
    }

    /**
     * Behind all that was published before a time of the hub's clock. The one place that knows where such a time lies: what
     * is lost of it is a gap, which tells no id, since the client had none.
     */
    private static Opening since(Hub hub, Subscription subscription, long since, long head) {
        OverflowPolicy policy = Missed.overflowSince(subscription, since);
        long position = policy == OverflowPolicy.LATEST ? head : Missed.beforeOldestSince(subscription, since, head);
        Gap gap = policy == null
                ? null
                : new Gap(Gap.Why.EVICTED, null, hub.sequencer().idOf(position));
        return new Opening(position, hub.log().bounds.evictions(), gap);
    }

    /** An id is said back only where it needs no escaping, whatever the client made of it. */
    private static @Nullable String repeatable(String id) {
        if (id.isEmpty() || id.length() > 128) {
            return null;
        }
        for (int i = 0; i < id.length(); i++) {
            char c = id.charAt(i);
            boolean plain = (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || "._~-".indexOf(c) >= 0;
            if (!plain) {
                return null;
            }
        }
        return id;
    }
}
