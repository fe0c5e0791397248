package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.Entries;
import io.sluice.sse.topic.Recipients;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The dirty topics that some sinks of a pass have in common, and their view. A set is a chain: the topics of its
 * {@link #parent} and one topic more. Sinks with the same topics and the same view share a set, and what they receive
 * is framed once for all of them. The object is reused by the next pass.
 *
 * <p>A set is plain if its sinks take every event as it is. In a set that is not plain, the sinks that get the same
 * events share frames.
 */
final class DirtySet {

    private @Nullable DirtySet parent;
    private @Nullable TopicSubscribers last;
    private @Nullable EventView view;
    /** Whether a topic has an event that is not meant for every subscriber. */
    private boolean targeted;

    /** The set that was made last from this one, with one topic more. */
    private @Nullable DirtySet lastChild;

    /** What the sinks of a plain set receive, in order; empty until the first of them is written to. */
    final List<Frame> frames = new ArrayList<>(1);

    /** What the sinks of another set receive, by the {@link #recipients} that include them; null in a plain set. */
    private @Nullable Map<BitSet, List<Frame>> framesByRecipients;

    /** The recipients of the events that are not meant for every subscriber; null until the first call. */
    private @Nullable List<Recipients> recipients;

    /** @param lastTopic null for the root of the sets of a view */
    void begin(@Nullable DirtySet newParent, @Nullable TopicSubscribers lastTopic, @Nullable EventView newView) {
        parent = newParent;
        last = lastTopic;
        view = newView;
        targeted = (newParent != null && newParent.targeted) || (lastTopic != null && lastTopic.targeted);
    }

    /** Releases the frames and clears the set. */
    void end(LaneFrames laneFrames) {
        laneFrames.releaseAll(frames);
        if (framesByRecipients != null) {
            framesByRecipients.values().forEach(laneFrames::releaseAll);
            framesByRecipients = null;
        }
        parent = null;
        last = null;
        lastChild = null;
        view = null;
        recipients = null;
    }

    @Nullable
    DirtySet parent() {
        return parent;
    }

    TopicSubscribers last() {
        return Objects.requireNonNull(last);
    }

    @Nullable
    EventView view() {
        return view;
    }

    boolean isPlain() {
        return view == null && !targeted;
    }

    List<Recipients> recipients(Entries entries) {
        List<Recipients> known = recipients;
        if (known == null) {
            known = targeted ? collectRecipients(entries) : List.of();
            recipients = known;
        }
        return known;
    }

    private List<Recipients> collectRecipients(Entries entries) {
        Set<Recipients> found = new LinkedHashSet<>();
        for (DirtySet at = this; at != null; at = at.parent) {
            entries.collectRecipients(at.last().from, at.last().to, found);
        }
        return List.copyOf(found);
    }

    @Nullable
    List<Frame> framesFor(BitSet belongsTo) {
        return framesByRecipients == null ? null : framesByRecipients.get(belongsTo);
    }

    void setFramesFor(BitSet belongsTo, List<Frame> some) {
        if (framesByRecipients == null) {
            framesByRecipients = new HashMap<>(2);
        }
        framesByRecipients.put((BitSet) belongsTo.clone(), some);
    }

    /**
     * The set with one topic more, if it exists. A pass takes one topic after another and never returns to an earlier
     * one. So only the set that was made last can be needed again, and no map is necessary.
     */
    @Nullable
    DirtySet with(TopicSubscribers topic) {
        return lastChild != null && lastChild.last == topic ? lastChild : null;
    }

    void setLastChild(DirtySet set) {
        lastChild = set;
    }

    /** Whether the set has one topic. */
    boolean isSingle() {
        return parent == null;
    }
}
