package io.sluice.sse.hub.lane;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The sets of the pass that runs. Confined to the lane. */
final class DirtySets {

    private final LaneFrames frames;
    /** All sets made so far. Every pass reuses them. */
    private final List<DirtySet> sets = new ArrayList<>();

    private int count;

    /** For each view in the pass: the root of its sets. */
    private final Map<EventView, DirtySet> roots = new HashMap<>(2);

    DirtySets(LaneFrames frames) {
        this.frames = frames;
    }

    /** Makes the set of the sinks that have only this dirty topic and take its events as they are. */
    DirtySet makeSingle(TopicSubscribers topic) {
        return take(null, topic, null);
    }

    /** The set of a sink that has only this dirty topic, as far as the pass has come. */
    DirtySet single(LaneSink sink, TopicSubscribers topic) {
        return sink.hasView() ? single(sink.view(), topic) : topic.single();
    }

    private DirtySet single(@Nullable EventView view, TopicSubscribers topic) {
        if (view == null) {
            return topic.single();
        }
        DirtySet root = roots.get(view);
        if (root == null) {
            root = take(null, null, view);
            roots.put(view, root);
        }
        DirtySet set = root.with(topic);
        if (set == null) {
            set = take(null, topic, view);
            root.setLastChild(set);
        }
        return set;
    }

    /** The set of a sink that has the topics of {@code parent}, and this topic. */
    DirtySet with(DirtySet parent, TopicSubscribers topic) {
        DirtySet set = parent.with(topic);
        if (set == null) {
            set = take(parent, topic, parent.view());
            parent.setLastChild(set);
        }
        return set;
    }

    private DirtySet take(@Nullable DirtySet parent, @Nullable TopicSubscribers last, @Nullable EventView view) {
        if (count == sets.size()) {
            sets.add(new DirtySet());
        }
        DirtySet set = sets.get(count++);
        set.begin(parent, last, view);
        return set;
    }

    /** The pass has ended: releases all frames. */
    void end() {
        for (int i = 0; i < count; i++) {
            sets.get(i).end(frames);
        }
        count = 0;
        if (!roots.isEmpty()) {
            roots.clear();
        }
    }
}
