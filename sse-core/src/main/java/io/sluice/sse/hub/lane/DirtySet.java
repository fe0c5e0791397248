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
 * The dirty topics that some sinks of a pass have in common, and the view in which they take them: a chain, one topic
 * longer than {@link #parent}. Sinks with the same of both meet in the same set, and what they receive is framed once for
 * all of them. Used again by the next pass.
 *
 * <p>A set is plain if its sinks take everything as it is. In one that is not, those for whom the same of its events are
 * meant share frames.
 */
final class DirtySet {

    private @Nullable DirtySet shorter;
    private @Nullable TopicSubscribers last;
    private @Nullable EventView view;
    private boolean targeted;

    /** The longer set that was made last out of this one. */
    private @Nullable DirtySet longer;

    /** What the sinks of a plain set receive, in order; empty until the first of them is written to. */
    final List<Frame> frames = new ArrayList<>(1);

    /** What the sinks of another receive, by which of the {@link #recipients} they belong to; null in a plain one. */
    private @Nullable Map<BitSet, List<Frame>> framesByRecipients;

    /** Whom the events of this set are meant for that are not meant for everybody; null until somebody asks. */
    private @Nullable List<Recipients> recipients;

    /** @param lastTopic null for a root, out of which the sets of a view are made */
    void begin(@Nullable DirtySet withoutLast, @Nullable TopicSubscribers lastTopic, @Nullable EventView ofSinks) {
        shorter = withoutLast;
        last = lastTopic;
        view = ofSinks;
        targeted = (withoutLast != null && withoutLast.targeted) || (lastTopic != null && lastTopic.targeted);
    }

    /** Forgets everything; hands the frames to {@code framer}, which lets them go. */
    void end(Framer framer) {
        release(frames, framer);
        if (framesByRecipients != null) {
            framesByRecipients.values().forEach(some -> release(some, framer));
            framesByRecipients = null;
        }
        shorter = null;
        last = null;
        longer = null;
        view = null;
        recipients = null;
    }

    static void release(List<Frame> frames, Framer framer) {
        while (!frames.isEmpty()) {
            framer.done(frames.remove(frames.size() - 1)); // once, also if it fails
        }
    }

    @Nullable
    DirtySet parent() {
        return shorter;
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
        for (DirtySet at = this; at != null; at = at.shorter) {
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
     * The set that has {@code topic} besides, if it was made. A pass goes topic by topic and never back to one, so the
     * set that was made last is the only one that is asked for again: no map is needed, and no key for it.
     */
    @Nullable
    DirtySet with(TopicSubscribers topic) {
        return longer != null && longer.last == topic ? longer : null;
    }

    void setLonger(DirtySet set) {
        longer = set;
    }

    boolean isSingle() {
        return shorter == null;
    }
}
