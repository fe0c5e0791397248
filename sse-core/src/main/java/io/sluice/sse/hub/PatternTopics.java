package io.sluice.sse.hub;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The topics that a pattern stands for, found once when somebody first listens to it and kept up as topics are born.
 * Changed under the hub's lock; a lane may read {@link #topics} without it.
 */
final class PatternTopics {

    /** An append-only list with its fill; replaced when it has to grow or to be cleaned. */
    static final class Known {
        final Topic[] array;
        volatile int size;

        Known(int capacity) {
            array = new Topic[capacity];
        }
    }

    final TopicPattern pattern;
    final List<Audience> audiences = new ArrayList<>(1);

    private volatile Known known = new Known(8);
    private int forgotten;

    /** The highest floor of topics that were forgotten; 0 where nothing was lost. */
    private volatile long forgottenFloor;

    PatternTopics(TopicPattern pattern, long forgottenFloor) {
        this.pattern = pattern;
        this.forgottenFloor = forgottenFloor;
    }

    void add(Topic topic) {
        Known current = known;
        if (current.size == current.array.length) {
            current = copyOf(current);
            known = current;
        }
        current.array[current.size] = topic;
        current.size = current.size + 1; // the volatile write that shows the topic
    }

    /** The topic has been forgotten; it leaves the list when enough others have. */
    void forgot(Topic topic) {
        forgottenFloor = Math.max(forgottenFloor, topic.log.floor());
        if (++forgotten > known.size / 2) {
            known = copyOf(known);
            forgotten = 0;
        }
    }

    private static Known copyOf(Known old) {
        Topic[] alive = Arrays.stream(old.array, 0, old.size)
                .filter(topic -> !topic.isForgotten())
                .toArray(Topic[]::new);
        Known copy = new Known(Math.max(8, alive.length * 2));
        System.arraycopy(alive, 0, copy.array, 0, alive.length);
        copy.size = alive.length;
        return copy;
    }

    /** All topics, some of which may have been forgotten meanwhile. */
    Known topics() {
        return known;
    }

    long forgottenFloor() {
        return forgottenFloor;
    }
}
