package io.sluice.sse.hub;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the selection of a sink has lost and kept, seen from a position. It is given by the first of the sink's subscriptions;
 * one that began later has missed nothing of what was before.
 */
final class GapDetector {

    private GapDetector() {}

    private static void forEachTopic(Subscription first, Consumer<Topic> action) {
        for (Subscription at = first; at != null; at = at.next) {
            forEachOwnTopic(at, action);
        }
    }

    private static void forEachOwnTopic(Subscription subscription, Consumer<Topic> action) {
        for (SubscriberList audience : subscription.audiences) {
            if (audience instanceof TopicSubscribers here) {
                action.accept(here.topic);
            } else if (audience instanceof SubscriberList.PatternSubscribers byPattern) {
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
    static boolean isGap(Subscription first, long at, long told) {
        for (Subscription each = first; each != null; each = each.next) {
            if (isOwnGap(each, Math.max(at, each.since()), told)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isOwnGap(Subscription subscription, long at, long told) {
        for (SubscriberList audience : subscription.audiences) {
            boolean gap = audience instanceof TopicSubscribers here
                    ? here.topic.log.isGap(at, told)
                    : audience instanceof SubscriberList.PatternSubscribers byPattern
                            && byPattern.topics.isGap(at, told);
            if (gap) {
                return true;
            }
        }
        return false;
    }

    /**
     * The policy that somebody meets for whom {@link #isGap} holds: the strictest of the subscriptions that have missed
     * something. Under the hub's lock.
     */
    static OverflowPolicy overflow(Hub hub, Subscription first, long at, long told) {
        OverflowPolicy strictest = null;
        for (Subscription each = first; each != null; each = each.next) {
            strictest = OverflowPolicy.strictest(strictest, ownOverflow(each, Math.max(at, each.since()), told));
        }
        return strictest == null ? overflowOfAll(hub, first) : strictest;
    }

    /** The subscription's own policy, else the strictest of the topics that have passed it by; null if none has. */
    private static @Nullable OverflowPolicy ownOverflow(Subscription subscription, long at, long told) {
        OverflowPolicy own = subscription.selector().overflow();
        if (own != null) {
            return isOwnGap(subscription, at, told) ? own : null;
        }
        OverflowPolicy strictest = null;
        for (SubscriberList audience : subscription.audiences) {
            if (audience instanceof TopicSubscribers here) {
                Topic topic = here.topic;
                if (topic.log.isGap(at, told)) {
                    strictest = OverflowPolicy.strictest(strictest, topic.overflow);
                }
            } else if (audience instanceof SubscriberList.PatternSubscribers byPattern) {
                strictest = OverflowPolicy.strictest(strictest, byPattern.topics.strictestGap(at, told));
            }
        }
        return strictest;
    }

    /**
     * The policy that somebody meets of whom nobody knows what it has seen: the subscription's own, else the strictest of
     * all its topics, each of which may have passed it by. Under the hub's lock.
     */
    static OverflowPolicy overflowOfAll(Hub hub, Subscription first) {
        @Nullable OverflowPolicy[] strictest = {null};
        for (Subscription each = first; each != null; each = each.next) {
            OverflowPolicy own = each.selector().overflow();
            if (own != null) {
                strictest[0] = OverflowPolicy.strictest(strictest[0], own);
            } else {
                forEachOwnTopic(each, topic -> strictest[0] = OverflowPolicy.strictest(strictest[0], topic.overflow));
            }
        }
        return strictest[0] == null ? hub.overflow() : strictest[0];
    }

    /**
     * The policy that somebody meets who wants everything since a time of the hub's clock, of which something is lost: the
     * subscription's own, else the strictest of the topics that have lost it; null if nothing of it is lost. Under the
     * hub's lock.
     */
    static @Nullable OverflowPolicy overflowSince(Subscription subscription, long since) {
        OverflowPolicy strictest = null;
        for (SubscriberList audience : subscription.audiences) {
            if (audience instanceof TopicSubscribers here) {
                Topic topic = here.topic;
                if (topic.log.floorAsLeft().isLostSince(since)) {
                    strictest = OverflowPolicy.strictest(strictest, topic.overflow);
                }
            } else if (audience instanceof SubscriberList.PatternSubscribers byPattern) {
                strictest = OverflowPolicy.strictest(strictest, byPattern.topics.strictestLostSince(since));
            }
        }
        OverflowPolicy own = subscription.selector().overflow();
        return strictest == null || own == null ? strictest : own;
    }

    /** Up to where something behind {@code at} is kept in the history only; 0 if nothing is. */
    static long inHistory(Subscription first, long at) {
        long upTo = 0;
        for (Subscription each = first; each != null; each = each.next) {
            upTo = Math.max(upTo, ownInHistory(each, Math.max(at, each.since())));
        }
        return upTo;
    }

    private static long ownInHistory(Subscription subscription, long at) {
        long upTo = 0;
        for (SubscriberList audience : subscription.audiences) {
            if (audience instanceof TopicSubscribers here) {
                upTo = Math.max(upTo, here.topic.log.inHistory(at));
            } else if (audience instanceof SubscriberList.PatternSubscribers byPattern) {
                PatternTopics.Known known = byPattern.topics.known();
                for (int i = 0; i < known.size; i++) {
                    upTo = Math.max(upTo, known.get(i).log.inHistory(at));
                }
            }
        }
        return upTo;
    }

    /** Whether only the history knows where what was published since a time of the hub's clock begins. Under the hub's lock. */
    static boolean isInHistorySince(Subscription subscription, long since) {
        boolean[] found = {false};
        forEachTopic(subscription, topic -> found[0] |= topic.log.isInHistorySince(since));
        return found[0];
    }

    /** The position before the oldest kept event that was published since then; the head if none was. Under the hub's lock. */
    static long beforeOldestSince(Subscription subscription, long since, long head) {
        long[] oldest = {head + 1};
        forEachTopic(subscription, topic -> {
            LogEntry first = topic.log.oldestSince(since);
            if (first != null) {
                oldest[0] = Math.min(oldest[0], first.position);
            }
        });
        return oldest[0] - 1;
    }

    /** The position from which everything that is kept behind {@code known} is still to come. Under the hub's lock. */
    static long beforeOldestKept(Subscription first, long known, long head) {
        long[] oldest = {head + 1};
        for (Subscription each = first; each != null; each = each.next) {
            long from = Math.max(known, each.since());
            forEachOwnTopic(each, topic -> {
                if (topic.log.newestKeptPosition() > from) {
                    oldest[0] = Math.min(oldest[0], Math.max(from + 1, topic.log.oldestKeptPosition()));
                }
            });
        }
        return oldest[0] - 1;
    }

    /**
     * The position before the last {@code count} kept events of the whole selection. Under the hub's lock, which it holds
     * for a look at each topic if all that is kept is asked for, and else for about as many entries as are asked for.
     *
     * @return {@link ResumePoint#ASK} if that is a question for the history
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
        return inRings || inHistory(subscription, 0) == 0 ? before : ResumePoint.ASK;
    }
}
