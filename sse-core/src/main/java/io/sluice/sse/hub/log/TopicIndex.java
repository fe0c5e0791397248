package io.sluice.sse.hub.log;

import io.sluice.sse.topic.TopicPattern;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the topics of a new pattern at about the cost of the matches: two arrays of topics, sorted by their first
 * segments and by their last. The arrays are created when a pattern would have to check many topics one by one; a hub
 * without patterns has none. They are sorted in the background, without the hub's lock. Topics that are created
 * meanwhile are checked one by one. So the lock is held only as long as it takes to copy references.
 *
 * <p>Guarded by the hub's lock, except for the sorting.
 */
final class TopicIndex {

    private static final Logger logger = LoggerFactory.getLogger(TopicIndex.class);

    /** Up to this number of topics, all are checked one by one. */
    static final int MIN_TOPICS = 1024;

    /** The arrays are sorted again when this fraction of them is out of date: one in this number of topics. */
    private static final int OUTDATED_FRACTION = 64;

    /** The same topics in two orders. */
    private record Orders(TopicOrder fromFirst, TopicOrder fromLast) {}

    private final int minTopics;
    private final ReentrantLock hubLock;
    private final Executor background;

    private @Nullable Orders orders;
    /** Topics that were created since the arrays, or those that are being sorted, were copied. */
    private List<Topic> created = new ArrayList<>();
    /** How many topics were removed since then, and may still be in the arrays. */
    private int removed;

    private boolean sorting;

    TopicIndex(int minTopics, ReentrantLock hubLock, Executor background) {
        this.minTopics = minTopics;
        this.hubLock = hubLock;
        this.background = background;
    }

    /** Adds to each pattern the topics that match it, except for removed ones. */
    void resolve(List<PatternTopics> patterns, Collection<Topic> all) {
        assert hubLock.isHeldByCurrentThread();
        Orders current = orders;
        if (current == null) {
            checkEach(all, patterns);
            if (all.size() > minTopics && !sorting) {
                sort(all.toArray(Topic[]::new));
            }
            return;
        }
        checkEach(created, patterns);
        for (PatternTopics pattern : patterns) {
            resolve(pattern, current);
        }
    }

    private static void checkEach(Collection<Topic> topics, List<PatternTopics> patterns) {
        PatternTrie trie = new PatternTrie();
        patterns.forEach(trie::add);
        for (Topic topic : topics) {
            if (!topic.isRemoved()) {
                trie.forEachMatch(topic.name, pattern -> pattern.addResolved(topic));
            }
        }
    }

    private static void resolve(PatternTopics unresolved, Orders orders) {
        TopicPattern pattern = unresolved.pattern();
        Consumer<Topic> add = topic -> {
            if (!topic.isRemoved()) {
                unresolved.addResolved(topic);
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

    /** @param hasPatterns whether any pattern has subscribers */
    void onCreated(Topic topic, boolean hasPatterns) {
        assert hubLock.isHeldByCurrentThread();
        if (orders != null || sorting) {
            created.add(topic);
            updateIfOutdated(hasPatterns);
        }
    }

    /** @param hasPatterns whether any pattern has subscribers */
    void onRemoved(boolean hasPatterns) {
        assert hubLock.isHeldByCurrentThread();
        if (orders != null || sorting) {
            removed++;
            updateIfOutdated(hasPatterns);
        }
    }

    private void updateIfOutdated(boolean hasPatterns) {
        Orders current = orders;
        if (current == null || sorting) {
            return;
        }
        int old = current.fromFirst.size();
        if (created.size() + removed <= Math.max(minTopics, old / OUTDATED_FRACTION)) {
            return;
        }
        if (!hasPatterns) {
            drop(); // no pattern needs it
            return;
        }
        Topic[] all = new Topic[old + created.size()];
        current.fromFirst.copyInto(all);
        for (int i = 0; i < created.size(); i++) {
            all[old + i] = created.get(i);
        }
        sort(all);
    }

    private void drop() {
        orders = null;
        created = new ArrayList<>();
        removed = 0;
    }

    private void sort(Topic[] all) {
        sorting = true;
        int createdBefore = created.size();
        int removedBefore = removed;
        Runnable task = () -> {
            Orders sorted = null;
            try {
                sorted = ordersOf(all);
            } catch (RuntimeException | Error e) { // such as a lack of memory
                logger.warn("cannot sort {} topics; new patterns check them one by one", all.length, e);
            }
            onSorted(sorted, createdBefore, removedBefore);
        };
        try {
            background.execute(task);
        } catch (RuntimeException | Error e) { // such as a lack of threads
            logger.warn("cannot sort {} topics; new patterns check them one by one", all.length, e);
            sorting = false;
            drop();
        }
    }

    /**
     * Called without the lock. A topic that is removed meanwhile may stay in the result; it is skipped when it is read.
     */
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

    private void onSorted(@Nullable Orders sorted, int createdBefore, int removedBefore) {
        hubLock.lock();
        try {
            sorting = false;
            if (sorted == null) {
                drop();
                return;
            }
            orders = sorted;
            created = new ArrayList<>(created.subList(createdBefore, created.size()));
            removed -= removedBefore;
        } finally {
            hubLock.unlock();
        }
    }

    /** For tests. */
    boolean isSorted() {
        return orders != null;
    }

    /** For tests. */
    int sortedTopics() {
        return orders == null ? 0 : orders.fromFirst.size();
    }
}
