package io.sluice.sse.hub.log;

import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.TopicPattern;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The topics that a pattern stands for, found once when somebody first listens to it and kept up as topics are born.
 * Changed under the hub's lock; a lane may read {@link #known} without it.
 */
public final class PatternTopics {

    /** An append-only list with its fill; replaced when it has to grow or to be cleaned. */
    public static final class Known {
        private final @Nullable Topic[] array;
        public volatile int size;

        Known(int capacity) {
            array = new @Nullable Topic[capacity];
        }

        public Topic get(int index) {
            return Objects.requireNonNull(array[index]);
        }
    }

    public final TopicPattern pattern;
    public final List<PatternListener> listeners = new ArrayList<>(1);

    private volatile Known known = new Known(8);
    private int forgotten;

    /** The highest floors of topics that were forgotten. To be read behind the topics, see {@link #isGap}. */
    private volatile Floors forgottenFloors;

    PatternTopics(TopicPattern pattern, Floors forgottenFloors) {
        this.pattern = pattern;
        this.forgottenFloors = forgottenFloors;
    }

    void add(Topic topic) {
        Known current = known;
        if (current.size == current.array.length) {
            current = copyOf(current);
            known = current;
        }
        int last = current.size;
        current.array[last] = topic;
        current.size = last + 1; // the volatile write that shows the topic; only the holder of the lock writes it
    }

    /** The topic has been forgotten; it leaves the list when enough others have. */
    void onRemoved(Topic topic) {
        forgottenFloors = forgottenFloors.max(topic.overflow, topic.log.floorAsLeft());
        // Behind the floor: a reader that no longer finds the topic finds its floor here.
        if (++forgotten > known.size / 2) {
            known = copyOf(known);
            forgotten = 0;
        }
    }

    private static Known copyOf(Known old) {
        int alive = 0;
        for (int i = 0; i < old.size; i++) {
            alive += old.get(i).isRemoved() ? 0 : 1;
        }
        Known copy = new Known(Math.max(8, alive * 2));
        int filled = 0;
        for (int i = 0; i < old.size; i++) {
            if (!old.get(i).isRemoved()) {
                copy.array[filled++] = old.get(i);
            }
        }
        copy.size = filled;
        return copy;
    }

    /** All topics, some of which may have been forgotten meanwhile. */
    public Known known() {
        return known;
    }

    /** As {@link Floor#isGap}, for all topics that are or were. */
    public boolean isGap(long at, long told) {
        // The topics first: one that is forgotten meanwhile is found here, or its floor below.
        Known now = known;
        for (int i = 0; i < now.size; i++) {
            if (now.get(i).log.isGap(at, told)) {
                return true;
            }
        }
        return forgottenFloors.isGap(at, told);
    }

    /** The strictest policy of those topics, that are or were, which have lost an event of {@code since} or later; or null. */
    @Nullable
    public OverflowPolicy strictestLostSince(long since) {
        OverflowPolicy strictest = forgottenFloors.strictestLostSince(since);
        Known now = known;
        for (int i = 0; i < now.size; i++) {
            if (now.get(i).log.floorAsLeft().isLostSince(since)) {
                strictest = OverflowPolicy.strictest(strictest, now.get(i).overflow);
            }
        }
        return strictest;
    }

    /** The strictest policy of those topics, that are or were, by which somebody has missed something; or null. */
    @Nullable
    public OverflowPolicy strictestGap(long at, long told) {
        OverflowPolicy strictest = null;
        Known now = known;
        for (int i = 0; i < now.size; i++) {
            if (now.get(i).log.isGap(at, told)) {
                strictest = OverflowPolicy.strictest(strictest, now.get(i).overflow);
            }
        }
        return OverflowPolicy.strictest(strictest, forgottenFloors.strictestGap(at, told));
    }
}
