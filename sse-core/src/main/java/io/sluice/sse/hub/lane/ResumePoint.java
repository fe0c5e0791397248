package io.sluice.sse.hub.lane;

import io.sluice.sse.Gap;
import io.sluice.sse.hub.core.HubCore;
import io.sluice.sse.hub.log.HubHistory;
import io.sluice.sse.hub.log.PublisherId;
import io.sluice.sse.hub.log.Sequencer;
import io.sluice.sse.hub.log.StartBounds;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.Selector;
import io.sluice.sse.topic.StartPosition;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Where a stream resumes: its position, and whether the client missed something. Resolved under the hub's lock, where
 * the topics stand still.
 *
 * @param position the client has everything up to here, or is sent a gap
 * @param reportedEvictions evictions up to this number make no gap: they are reported to the client, or are outside its
 *     request
 * @param gap what the client is sent, or null
 * @param question what the history has to answer first, or null; the position is {@link #ASK} then
 */
record ResumePoint(
        long position,
        long reportedEvictions,
        @Nullable Gap gap,
        @Nullable StartQuery question) {

    /** In place of a position: only the history knows it, see {@link StartQuery}. */
    static final long ASK = -1;

    private static final int LONGEST_REPEATED_ID = 128;

    private ResumePoint(long position, long reportedEvictions, @Nullable Gap gap) {
        this(position, reportedEvictions, gap, null);
    }

    /** Whether a subscription with this start may have to leave out events after its position. */
    static boolean needsBounds(HubCore core, Selector selector, StartPosition start) {
        boolean isLive = start.lastEventId() == null && start.since() == null && start.replay() == 0;
        return !isLive && core.log().needsBounds(selector, start.replay() > 0);
    }

    static ResumePoint resolve(HubCore core, LaneSubscription subscription, StartPosition start) {
        long head = core.log().head();
        if (needsBounds(core, subscription.selector(), start)) {
            subscription.setBounds(new StartBounds(head, 0, 0));
            if (subscription.isLiveOnly()) {
                return new ResumePoint(head, 0, null);
            }
        }
        String lastEventId = start.lastEventId();
        if (lastEventId != null) {
            return resume(core, subscription, lastEventId, head);
        }
        Instant since = start.since();
        if (since != null) {
            return since(core, subscription, since, head);
        }
        if (start.replay() > 0) {
            return replay(core, subscription, start.replay(), head);
        }
        return isOfEndedTopic(subscription)
                ? new ResumePoint(
                        subscription.beforeOldestKept(0, head),
                        core.log().bounds().evictions(),
                        null)
                : new ResumePoint(head, 0, null);
    }

    /** Nothing follows in such a stream, so the client gets what is kept. */
    private static boolean isOfEndedTopic(LaneSubscription subscription) {
        TopicSubscribers only = subscription.onlyTopic();
        return only != null && only.topic.hasEnded() && !subscription.sink().hasSource();
    }

    /**
     * The last events, and all of the state of topics that conflate. The sink begins where the older of the two begins,
     * and its bounds leave out the earlier events of other topics.
     */
    private static ResumePoint replay(HubCore core, LaneSubscription subscription, int events, long head) {
        long news = subscription.beforeLastKept(events, head);
        if (news == ASK) {
            return ask(StartQuery.last(events)); // no topic conflates in a hub with a history
        }
        subscription.setBounds(new StartBounds(head, news, head));
        long position = Math.min(news, subscription.beforeState(head));
        Gap gap = subscription.isStateLost()
                ? new Gap(Gap.Reason.EVICTED, null, core.sequencer().idOf(position))
                : null;
        return new ResumePoint(position, core.log().bounds().evictions(), gap);
    }

    private static ResumePoint resume(HubCore core, LaneSubscription subscription, String lastEventId, long head) {
        Sequencer sequencer = core.sequencer();
        Long position = sequencer.positionOf(lastEventId);
        if (position == null) {
            PublisherId chosen = core.log().bounds().findPublisherId(lastEventId);
            position = chosen == null ? null : chosen.position();
        }
        Gap.Reason reason;
        if (position != null && position > head && sequencer.isAheadOfThisNode(position)) {
            return new ResumePoint(position, 0, null); // the sink waits until this node has read as much
        }
        if (position == null) {
            reason = sequencer.hasHubFormat(lastEventId) ? Gap.Reason.FOREIGN : Gap.Reason.UNKNOWN;
        } else if (position > head) {
            reason = Gap.Reason.AHEAD;
        } else if (isLost(core, position)) {
            reason = Gap.Reason.LOST;
        } else if (subscription.isGap(position, 0)) {
            reason = Gap.Reason.EVICTED;
        } else {
            return new ResumePoint(position, 0, null);
        }
        OverflowPolicy hubPolicy = core.options().overflow();
        OverflowPolicy policy;
        long known;
        if (position != null && reason == Gap.Reason.EVICTED) {
            policy = subscription.overflowPolicy(position, 0, hubPolicy);
            known = position;
        } else {
            policy = subscription.overflowPolicyOfAll(hubPolicy);
            known = position != null && reason == Gap.Reason.LOST ? position : 0;
        }
        long resume = policy == OverflowPolicy.LATEST ? head : subscription.beforeOldestKept(known, head);
        Gap gap = new Gap(reason, repeatable(lastEventId), sequencer.idOf(resume));
        return new ResumePoint(resume, core.log().bounds().evictions(), gap);
    }

    /**
     * After everything that was published before a time of the hub's clock. This is the one place that knows where such
     * a time lies. If part of it is lost, that is a gap without a last id, since the client had none.
     */
    private static ResumePoint since(HubCore core, LaneSubscription subscription, Instant time, long head) {
        long since = core.log().nanosAt(time);
        OverflowPolicy policy = subscription.overflowPolicySince(since);
        if (policy != OverflowPolicy.LATEST && subscription.isInHistorySince(since)) {
            return ask(StartQuery.since(time, since));
        }
        long position = policy == OverflowPolicy.LATEST ? head : subscription.beforeOldestSince(since, head);
        boolean isLost = core.log().isLostSince(since) && position >= core.log().lostPosition();
        Gap gap = policy == null && !isLost
                ? null
                : new Gap(Gap.Reason.EVICTED, null, core.sequencer().idOf(position));
        return new ResumePoint(position, core.log().bounds().evictions(), gap);
    }

    private static ResumePoint ask(StartQuery question) {
        return new ResumePoint(ASK, 0, null, question);
    }

    private static boolean isLost(HubCore core, long position) {
        HubHistory history = core.log().history();
        return history != null && history.isLost(position);
    }

    /** Returns an id only if it needs no escaping: it comes from the client and goes into the JSON of a gap. */
    private static @Nullable String repeatable(String id) {
        if (id.isEmpty() || id.length() > LONGEST_REPEATED_ID) {
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
