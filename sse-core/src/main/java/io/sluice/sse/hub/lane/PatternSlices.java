package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.PatternTopics;
import java.util.ArrayDeque;
import java.util.concurrent.RejectedExecutionException;

/**
 * Adds the lists of patterns to the topics of a lane, and removes them. A pattern may include every topic of the hub,
 * so this is done in slices: the hub's lock and the lane are free between two of them. Until a list is in all its
 * topics, the sinks of the list stay behind, and {@link CatchUp} serves them from the rings. Confined to the lane.
 */
final class PatternSlices {

    /** How many topics a slice visits, under the hub's lock. That takes less than a millisecond. */
    static final int TOPICS = 2048;

    private final HubLane lane;
    private final SubscriberIndex index;
    /** Each gets one slice in turn, so that a pattern of few topics does not wait for one of many. */
    private final ArrayDeque<Work> waiting = new ArrayDeque<>();

    private boolean posted;

    /** One list to add or to remove. New topics of the pattern are no part of it: they get the list when created. */
    private static final class Work {
        private final PatternSubscribers list;
        private final boolean adds;
        private final PatternTopics.TopicList topics;
        private final int size;
        private int at;

        Work(PatternSubscribers list, boolean adds) {
            this.list = list;
            this.adds = adds;
            this.topics = list.topics.list();
            this.size = topics.size();
        }
    }

    PatternSlices(HubLane lane, SubscriberIndex index) {
        this.lane = lane;
        this.index = index;
    }

    /**
     * Begins to add a list. Under the hub's lock.
     *
     * @param visits how many topics may be visited at once
     * @return how many of the visits are left
     */
    int add(PatternSubscribers list, int visits) {
        return begin(new Work(list, true), visits);
    }

    /** Begins to remove a list that has no members any more. Under the hub's lock. @return as {@link #add} */
    int remove(PatternSubscribers list, int visits) {
        return begin(new Work(list, false), visits);
    }

    private int begin(Work work, int visits) {
        int left = run(work, visits);
        if (work.at < work.size) {
            work.list.setIncomplete(work.adds);
            waiting.add(work);
            post();
        }
        return left;
    }

    private int run(Work work, int visits) {
        int left = visits;
        for (; left > 0 && work.at < work.size; left--) {
            index.visit(work.list, work.topics.get(work.at++), work.adds);
        }
        return left;
    }

    private void post() {
        if (!posted) {
            posted = true;
            try {
                lane.lane().yield(this::postedSlice);
            } catch (RejectedExecutionException e) { // the lane has ended
                posted = false;
                finish();
            }
        }
    }

    private void postedSlice() {
        lane.tasks.afterPass(() -> {
            posted = false;
            slice();
            if (!waiting.isEmpty()) {
                post();
            }
        });
    }

    private void slice() {
        Work work = waiting.poll();
        if (work == null) {
            return;
        }
        if (work.adds && work.list.size() == 0) {
            return; // its removal follows
        }
        lane.log().locked(() -> run(work, TOPICS));
        if (work.at < work.size) {
            waiting.add(work);
        } else if (work.adds) {
            work.list.setIncomplete(false);
            for (int i = 0; i < work.list.size(); i++) {
                lane.catchUp.add(work.list.get(i).sink());
            }
            lane.wake();
        }
    }

    /**
     * The lane has left its hub. If its thread has ended, all that waits is done at once. Otherwise the slices go on,
     * so that they do not block the thread, which may serve other hubs.
     */
    void finish() {
        assert lane.isConfined();
        if (lane.lane().inLane()) {
            return;
        }
        while (!waiting.isEmpty()) {
            slice();
        }
    }

    /** Whether a list of this selection is not in all its topics yet. */
    boolean isIncomplete(Selection selection) {
        if (waiting.isEmpty()) {
            return false;
        }
        for (SubscriberList list : selection.lists()) {
            if (list instanceof PatternSubscribers ofPattern && ofPattern.isIncomplete()) {
                return true;
            }
        }
        return false;
    }
}
