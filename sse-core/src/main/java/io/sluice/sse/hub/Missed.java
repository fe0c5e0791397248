package io.sluice.sse.hub;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What the selection of a subscription has lost and kept, seen from a position. */
final class Missed {

    private Missed() {}

    private static void forEachTopic(Subscription subscription, Consumer<Topic> action) {
        for (Audience audience : subscription.audiences) {
            if (audience instanceof Audience.OfTopic exact) {
                action.accept(exact.here.topic);
            } else if (audience instanceof Audience.OfPattern byPattern) {
                PatternTopics.Known known = byPattern.topics.known();
                for (int i = 0; i < known.size; i++) {
                    action.accept(known.get(i));
                }
            }
        }
    }

    /**
     * Whether a selection has lost something behind {@code at} that was not told yet. Told is by the number of the
     * eviction: a topic that is evicted further after a gap was said makes another one, however high the floors of the
     * others lay then.
     */
    static boolean isGap(Subscription subscription, long at, long told) {
        for (Audience audience : subscription.audiences) {
            boolean gap = audience instanceof Audience.OfTopic exact
                    ? exact.here.topic.log.isGap(at, told)
                    : audience instanceof Audience.OfPattern byPattern && byPattern.topics.isGap(at, told);
            if (gap) {
                return true;
            }
        }
        return false;
    }

    /**
     * The policy that somebody meets for whom {@link #isGap} holds: the subscription's own, else the strictest of the
     * topics that have passed it by. Under the hub's lock.
     */
    static OverflowPolicy overflow(Hub hub, Subscription subscription, long at, long told) {
        OverflowPolicy own = subscription.selector().overflow();
        if (own != null) {
            return own;
        }
        OverflowPolicy strictest = null;
        for (Audience audience : subscription.audiences) {
            if (audience instanceof Audience.OfTopic exact) {
                Topic topic = exact.here.topic;
                if (topic.log.isGap(at, told)) {
                    strictest = OverflowPolicy.strictest(strictest, topic.overflow);
                }
            } else if (audience instanceof Audience.OfPattern byPattern) {
                strictest = OverflowPolicy.strictest(strictest, byPattern.topics.strictestGap(at, told));
            }
        }
        return strictest == null ? hub.overflow() : strictest;
    }

    /**
     * The policy that somebody meets of whom nobody knows what it has seen: the subscription's own, else the strictest of
     * all its topics, each of which may have passed it by. Under the hub's lock.
     */
    static OverflowPolicy overflowOfAll(Hub hub, Subscription subscription) {
        OverflowPolicy own = subscription.selector().overflow();
        if (own != null) {
            return own;
        }
        @Nullable OverflowPolicy[] strictest = {null};
        forEachTopic(subscription, topic -> strictest[0] = OverflowPolicy.strictest(strictest[0], topic.overflow));
        return strictest[0] == null ? hub.overflow() : strictest[0];
    }

    /** Up to where something behind {@code at} is kept in the history only; 0 if nothing is. */
    static long inHistory(Subscription subscription, long at) {
        long upTo = 0;
        for (Audience audience : subscription.audiences) {
            if (audience instanceof Audience.OfTopic exact) {
                upTo = Math.max(upTo, exact.here.topic.log.inHistory(at));
            } else if (audience instanceof Audience.OfPattern byPattern) {
                PatternTopics.Known known = byPattern.topics.known();
                for (int i = 0; i < known.size; i++) {
                    upTo = Math.max(upTo, known.get(i).log.inHistory(at));
                }
            }
        }
        return upTo;
    }

    /** The position from which everything that is kept behind {@code known} is still to come. Under the hub's lock. */
    static long beforeOldestKept(Subscription subscription, long known, long head) {
        long[] oldest = {head + 1};
        forEachTopic(subscription, topic -> {
            if (topic.log.newestKeptPosition() > known) {
                oldest[0] = Math.min(oldest[0], Math.max(known + 1, topic.log.oldestKeptPosition()));
            }
        });
        return oldest[0] - 1;
    }

    /**
     * The position before the last {@code count} kept events of the whole selection. Under the hub's lock, which it holds
     * for a look at each topic if all that is kept is asked for, and else for about as many entries as are asked for.
     *
     * @return {@link Opening#ASK} if that is a question for the history
     */
    static long beforeLastKept(Subscription subscription, int count, long head) {
        long[] kept = {0};
        forEachTopic(subscription, topic -> kept[0] += topic.log.keptEvents());
        if (kept[0] <= count) {
            return beforeOldestKept(subscription, 0, head);
        }
        NewestPositions newest = new NewestPositions(count, kept[0]);
        forEachTopic(subscription, topic -> topic.log.fromNewest(entry -> newest.offer(entry.position)));
        long before = newest.oldest() - 1;
        // Too few are in the rings; or what one of them no longer has is newer than the oldest that another one still
        // has.
        boolean inRings = newest.isFull() && inHistory(subscription, before) == 0;
        return inRings || inHistory(subscription, 0) == 0 ? before : Opening.ASK;
    }
}
