package io.sluice.sse.hub.lane;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The sets of the pass that runs. Confined to its lane. */
final class DirtySets {

    private final Framer framer;
    private final List<DirtySet> sets = new ArrayList<>(); // made so far, used again in every pass
    private int count;

    /** Of each view that the pass has met, the root of its sets. */
    private final Map<EventView, DirtySet> roots = new HashMap<>(2);

    DirtySets(Framer framer) {
        this.framer = framer;
    }

    /** Makes the set of those to whom only {@code topic} is new, and who take it as it is. */
    DirtySet makeSingle(TopicSubscribers topic) {
        return take(null, topic, null);
    }

    /** The set of a sink to which only {@code topic} is new, as far as the pass has come. */
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
            root.setLonger(set);
        }
        return set;
    }

    /** The set of a sink of {@code shorter} to which {@code topic} is new besides. */
    DirtySet with(DirtySet shorter, TopicSubscribers topic) {
        DirtySet set = shorter.with(topic);
        if (set == null) {
            set = take(shorter, topic, shorter.view());
            shorter.setLonger(set);
        }
        return set;
    }

    private DirtySet take(@Nullable DirtySet shorter, @Nullable TopicSubscribers last, @Nullable EventView view) {
        if (count == sets.size()) {
            sets.add(new DirtySet());
        }
        DirtySet set = sets.get(count++);
        set.begin(shorter, last, view);
        return set;
    }

    /** The pass has ended: all frames are let go. */
    void end() {
        for (int i = 0; i < count; i++) {
            sets.get(i).end(framer);
        }
        count = 0;
        if (!roots.isEmpty()) {
            roots.clear();
        }
    }
}
