package io.sluice.sse.hub;

import io.sluice.sse.Gap;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How a subscription begins: at which position, and whether something was missed. Made under the hub's lock, where the
 * topics stand still.
 *
 * @param position the client has everything up to here, or was told that it has not
 * @param toldEvictions the hub's evictions up to this number make no gap: they were told, or lie outside of what was
 *     asked for
 * @param gap what to tell the client, or null
 * @param question what the history has to say first, or null: {@link #ASK} stands in place of a position then
 */
record Opening(
        long position,
        long toldEvictions,
        @Nullable Gap gap,
        @Nullable HistoryQuestion question) {

    /** In place of a position: only the history knows it, see {@link HistoryQuestion}. */
    static final long ASK = -1;

    private Opening(long position, long toldEvictions, @Nullable Gap gap) {
        this(position, toldEvictions, gap, null);
    }

    static Opening resolve(Hub hub, Subscription subscription, Start start) {
        long head = hub.log().head();
        String lastEventId = start.lastEventId();
        if (lastEventId != null) {
            return resume(hub, subscription, lastEventId, head);
        }
        if (start.since() != null) {
            return since(hub, subscription, start.since(), head);
        }
        if (start.replay() > 0) {
            long position = Missed.beforeLastKept(subscription, start.replay(), head);
            return position == ASK
                    ? ask(HistoryQuestion.last(start.replay()))
                    : new Opening(position, hub.log().bounds.evictions(), null);
        }
        return new Opening(head, 0, null);
    }

    private static Opening resume(Hub hub, Subscription subscription, String lastEventId, long head) {
        Sequencer sequencer = hub.sequencer();
        Long position = sequencer.positionOf(lastEventId);
        if (position == null) {
            ChosenId chosen = hub.log().bounds.keptWithChosenId(lastEventId);
            position = chosen == null ? null : chosen.position();
        }
        Gap.Why why;
        if (position == null) {
            why = sequencer.isOwnShape(lastEventId) ? Gap.Why.FOREIGN : Gap.Why.UNKNOWN;
        } else if (position > head) {
            why = Gap.Why.AHEAD;
        } else if (isLost(hub, position)) {
            why = Gap.Why.LOST;
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
            known = position != null && why == Gap.Why.LOST ? position : 0;
        }
        long resume = policy == OverflowPolicy.LATEST ? head : Missed.beforeOldestKept(subscription, known, head);
        return new Opening(
                resume, hub.log().bounds.evictions(), new Gap(why, repeatable(lastEventId), sequencer.idOf(resume)));
    }

    /**
     * Behind all that was published before a time of the hub's clock. The one place that knows where such a time lies: what
     * is lost of it is a gap, which tells no id, since the client had none.
     */
    private static Opening since(Hub hub, Subscription subscription, Instant time, long head) {
        long since = hub.log().nanosAt(time);
        OverflowPolicy policy = Missed.overflowSince(subscription, since);
        if (policy != OverflowPolicy.LATEST && Missed.isInHistorySince(subscription, since)) {
            return ask(HistoryQuestion.since(time, since));
        }
        long position = policy == OverflowPolicy.LATEST ? head : Missed.beforeOldestSince(subscription, since, head);
        Gap gap = policy == null
                ? null
                : new Gap(Gap.Why.EVICTED, null, hub.sequencer().idOf(position));
        return new Opening(position, hub.log().bounds.evictions(), gap);
    }

    private static Opening ask(HistoryQuestion question) {
        return new Opening(ASK, 0, null, question);
    }

    private static boolean isLost(Hub hub, long position) {
        HubHistory history = hub.log().history();
        return history != null && history.isLost(position);
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
