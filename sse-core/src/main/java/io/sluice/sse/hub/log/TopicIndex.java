package io.sluice.sse.hub.log;

import io.sluice.sse.topic.TopicPattern;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.Lock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the topics of a new pattern for about the cost of those that it stands for: two arrays of topics, ordered by their
 * first segments and by their last. Made when a pattern comes that would have to look at many topics; a hub without
 * patterns has none. They are ordered beside the hub's lock, in the background, and what is born meanwhile is looked at
 * one by one, so that the lock is never held for it longer than a copy of references takes.
 *
 * <p>Guarded by the hub's lock, but for the ordering.
 */
final class TopicIndex {

    private static final Logger logger = LoggerFactory.getLogger(TopicIndex.class);

    /** Fewer topics are looked at one by one. */
    static final int LEAST = 1024;

    /** The arrays are made anew when this part of them is out of date. */
    private static final int PART = 64;

    /** The same topics in both. */
    private record Orders(TopicOrder fromFirst, TopicOrder fromLast) {}

    private final int least;
    private final Lock hubLock;
    private final Executor background;

    private @Nullable Orders orders;
    /** Born since the orders, or those that are being made. */
    private List<Topic> young = new ArrayList<>();
    /** Forgotten since, and perhaps still in the orders. */
    private int forgotten;

    private boolean ordering;

    TopicIndex(int least, Lock hubLock, Executor background) {
        this.least = least;
        this.hubLock = hubLock;
        this.background = background;
    }

    /** Adds to each pattern the topics that it stands for; none of them is forgotten. */
    void resolve(List<PatternTopics> patterns, Collection<Topic> all) {
        Orders now = orders;
        if (now == null) {
            lookAtEach(all, patterns);
            if (all.size() > least && !ordering) {
                order(all.toArray(Topic[]::new));
            }
            return;
        }
        lookAtEach(young, patterns);
        for (PatternTopics pattern : patterns) {
            resolve(pattern, now);
        }
    }

    private static void lookAtEach(Collection<Topic> topics, List<PatternTopics> patterns) {
        PatternTrie trie = new PatternTrie();
        patterns.forEach(trie::add);
        for (Topic topic : topics) {
            if (!topic.isRemoved()) {
                trie.forEachOf(topic.name, pattern -> pattern.add(topic));
            }
        }
    }

    private static void resolve(PatternTopics wanted, Orders orders) {
        TopicPattern pattern = wanted.pattern;
        Consumer<Topic> add = topic -> {
            if (!topic.isRemoved()) {
                wanted.add(topic);
            }
        };
        String start = PatternSegments.literalStart(pattern);
        TopicOrder.Range byStart = orders.fromFirst.range(start);
        TopicOrder.Range byEnd = orders.fromLast.range(PatternSegments.literalEnd(pattern));
        if (byEnd.size() < byStart.size()) {
            orders.fromLast.forEachIn(byEnd, pattern, add);
        } else {
            int depth = start.isEmpty() ? 0 : PatternSegments.of(start).length;
            orders.fromFirst.forEachBelow(byStart, pattern, depth, depth == 0 ? 0 : start.length() + 1, add);
        }
    }

    /** @param patterns whether anybody listens by pattern */
    void onCreated(Topic topic, boolean patterns) {
        if (orders != null || ordering) {
            young.add(topic);
            renewIfOutdated(patterns);
        }
    }

    /** @param patterns whether anybody listens by pattern */
    void onRemoved(boolean patterns) {
        if (orders != null || ordering) {
            forgotten++;
            renewIfOutdated(patterns);
        }
    }

    private void renewIfOutdated(boolean patterns) {
        Orders now = orders;
        if (now == null || ordering) {
            return;
        }
        int old = now.fromFirst.size();
        if (young.size() + forgotten <= Math.max(least, old / PART)) {
            return;
        }
        if (!patterns) {
            drop(); // it would be kept up for nobody
            return;
        }
        Topic[] all = new Topic[old + young.size()];
        now.fromFirst.copyInto(all);
        for (int i = 0; i < young.size(); i++) {
            all[old + i] = young.get(i);
        }
        order(all);
    }

    private void drop() {
        orders = null;
        young = new ArrayList<>();
        forgotten = 0;
    }

    private void order(Topic[] all) {
        ordering = true;
        int youngBefore = young.size();
        int forgottenBefore = forgotten;
        Runnable task = () -> {
            Orders made = null;
            try {
                made = ordersOf(all);
            } catch (RuntimeException | Error e) { // for want of memory
                logger.warn("{} topics could not be ordered; patterns look at each", all.length, e);
            }
            ordered(made, youngBefore, forgottenBefore);
        };
        try {
            background.execute(task);
        } catch (RuntimeException | Error e) { // for want of a thread
            logger.warn("{} topics could not be ordered; patterns look at each", all.length, e);
            ordering = false;
            drop();
        }
    }

    /** Beside the lock: who is forgotten is seen late, and passed over later. */
    private static Orders ordersOf(Topic[] all) {
        List<Topic> alive = new ArrayList<>(all.length);
        for (Topic topic : all) {
            if (!topic.isRemoved()) {
                alive.add(topic);
            }
        }
        return new Orders(
                new TopicOrder(alive.toArray(Topic[]::new), false), new TopicOrder(alive.toArray(Topic[]::new), true));
    }

    private void ordered(@Nullable Orders made, int youngBefore, int forgottenBefore) {
        hubLock.lock();
        try {
            ordering = false;
            if (made == null) {
                drop();
                return;
            }
            orders = made;
            young = new ArrayList<>(young.subList(youngBefore, young.size()));
            forgotten -= forgottenBefore;
        } finally {
            hubLock.unlock();
        }
    }

    /** For tests. */
    boolean isOrdered() {
        return orders != null;
    }

    /** For tests. */
    int orderedTopics() {
        return orders == null ? 0 : orders.fromFirst.size();
    }
}
