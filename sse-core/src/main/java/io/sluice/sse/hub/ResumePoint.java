package io.sluice.sse.hub;

import io.sluice.sse.Gap;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How a subscription begins: at which position, and whether something was missed. Made under the hub's lock, where the
 * topics stand still.
 *
 * @param position the client has everything up to here, or was told that it has not
 * @param reportedEvictions the hub's evictions up to this number make no gap: they were told, or lie outside of what was
 *     asked for
 * @param gap what to tell the client, or null
 * @param question what the history has to say first, or null: {@link #ASK} stands in place of a position then
 */
record ResumePoint(
        long position,
        long reportedEvictions,
        @Nullable Gap gap,
        @Nullable StartQuery question) {

    /** In place of a position: only the history knows it, see {@link StartQuery}. */
    static final long ASK = -1;

    private ResumePoint(long position, long reportedEvictions, @Nullable Gap gap) {
        this(position, reportedEvictions, gap, null);
    }

    static ResumePoint resolve(Hub hub, Subscription subscription, StartPosition start) {
        long head = hub.log().head();
        String lastEventId = start.lastEventId();
        if (lastEventId != null) {
            return resume(hub, subscription, lastEventId, head);
        }
        if (start.since() != null) {
            return since(hub, subscription, start.since(), head);
        }
        if (start.replay() > 0) {
            long position = GapDetector.beforeLastKept(subscription, start.replay(), head);
            return position == ASK
                    ? ask(StartQuery.last(start.replay()))
                    : new ResumePoint(position, hub.log().bounds.evictions(), null);
        }
        return new ResumePoint(head, 0, null);
    }

    private static ResumePoint resume(Hub hub, Subscription subscription, String lastEventId, long head) {
        Sequencer sequencer = hub.sequencer();
        Long position = sequencer.positionOf(lastEventId);
        if (position == null) {
            PublisherId chosen = hub.log().bounds.findPublisherId(lastEventId);
            position = chosen == null ? null : chosen.position();
        }
        Gap.Reason why;
        if (position == null) {
            why = sequencer.hasHubFormat(lastEventId) ? Gap.Reason.FOREIGN : Gap.Reason.UNKNOWN;
        } else if (position > head) {
            why = Gap.Reason.AHEAD;
        } else if (isLost(hub, position)) {
            why = Gap.Reason.LOST;
        } else if (GapDetector.isGap(subscription, position, 0)) {
            why = Gap.Reason.EVICTED;
        } else {
            return new ResumePoint(position, 0, null);
        }
        OverflowPolicy policy;
        long known;
        if (position != null && why == Gap.Reason.EVICTED) {
            policy = GapDetector.overflow(hub, subscription, position, 0);
            known = position;
        } else {
            policy = GapDetector.overflowOfAll(hub, subscription);
            known = position != null && why == Gap.Reason.LOST ? position : 0;
        }
        long resume = policy == OverflowPolicy.LATEST ? head : GapDetector.beforeOldestKept(subscription, known, head);
        return new ResumePoint(
                resume, hub.log().bounds.evictions(), new Gap(why, repeatable(lastEventId), sequencer.idOf(resume)));
    }

    /**
     * Behind all that was published before a time of the hub's clock. The one place that knows where such a time lies: what
     * is lost of it is a gap, which tells no id, since the client had none.
     */
    private static ResumePoint since(Hub hub, Subscription subscription, Instant time, long head) {
        long since = hub.log().nanosAt(time);
        OverflowPolicy policy = GapDetector.overflowSince(subscription, since);
        if (policy != OverflowPolicy.LATEST && GapDetector.isInHistorySince(subscription, since)) {
            return ask(StartQuery.since(time, since));
        }
        long position =
                policy == OverflowPolicy.LATEST ? head : GapDetector.beforeOldestSince(subscription, since, head);
        Gap gap = policy == null
                ? null
                : new Gap(Gap.Reason.EVICTED, null, hub.sequencer().idOf(position));
        return new ResumePoint(position, hub.log().bounds.evictions(), gap);
    }

    private static ResumePoint ask(StartQuery question) {
        return new ResumePoint(ASK, 0, null, question);
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
