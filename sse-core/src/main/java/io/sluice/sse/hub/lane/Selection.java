package io.sluice.sse.hub.lane;

import io.sluice.sse.hub.log.LogEntry;
import io.sluice.sse.hub.log.PastEvents;
import io.sluice.sse.topic.OverflowPolicy;
import io.sluice.sse.topic.TopicPattern;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everything that one sink subscribes to: its subscriptions, in the order in which they began, and the questions about
 * all of them together. The first subscription stands for the whole, so a client with one subscription costs one
 * object. A subscription that began later has missed nothing that was published before it.
 *
 * <p>Confined to the lane. Methods that need the topics to stand still are called under the hub's lock as well.
 */
abstract sealed class Selection permits LaneSubscription {

    /** The subscription after this one, in the order in which they began. */
    private LaneSubscription.@Nullable Later next;

    Selection() {}

    // ---- its subscriptions

    abstract LaneSubscription first();

    final LaneSubscription.@Nullable Later next() {
        return next;
    }

    /** Whether there is only one subscription. */
    final boolean isSingle() {
        return next == null;
    }

    /** Whether it is one subscription to one topic by its name, and that has ended at {@code position} or before. */
    final boolean isOfTopicEndedBy(long position) {
        TopicSubscribers only = isSingle() ? first().onlyTopic() : null;
        return only != null && only.topic.hasEndedBy(position);
    }

    /** Adds a subscription at the end. */
    final void append(LaneSubscription.Later later) {
        Selection last = this;
        while (last.next != null) {
            last = last.next;
        }
        last.next = later;
    }

    /** Takes the subscription after this one out of the chain. */
    final void removeNext() {
        next = next == null ? null : ((Selection) next).next;
    }

    /** Whether every subscription had begun at {@code position}. */
    final boolean hasBegun(long position) {
        for (LaneSubscription each = first(); each != null; each = each.next()) {
            if (each.since() > position || !each.bounds().hasBegun(position)) {
                return false;
            }
        }
        return true;
    }

    /** Whether a subscription matches the topic of this entry and had begun before the entry. */
    final boolean matches(LogEntry entry) {
        for (LaneSubscription each = first(); each != null; each = each.next()) {
            if (each.receives(entry)) {
                return true;
            }
        }
        return false;
    }

    /** Topic names and patterns of all subscriptions. */
    final List<String> terms() {
        List<String> terms = new ArrayList<>();
        for (LaneSubscription each = first(); each != null; each = each.next()) {
            terms.addAll(each.selector().terms());
        }
        return terms;
    }

    /** The lists that hold its subscriptions. The array is not to be changed. */
    final SubscriberList[] lists() {
        if (next == null) {
            return first().ownLists();
        }
        List<SubscriberList> all = new ArrayList<>();
        for (LaneSubscription each = first(); each != null; each = each.next()) {
            all.addAll(Arrays.asList(each.ownLists()));
        }
        return all.toArray(SubscriberList[]::new);
    }

    /**
     * The topics of these lists that may have an event after {@code position} which has left the memory. Also for use
     * off the lane: the lists of a selection do not change, and their topics may be read anywhere.
     */
    static PastEvents.Topics topics(SubscriberList[] lists, long position) {
        return new PastEvents.Topics() {
            private final Set<String> exact = new HashSet<>();
            private final List<TopicPattern> patterns = new ArrayList<>();

            {
                for (SubscriberList list : lists) {
                    if (list instanceof TopicSubscribers only) {
                        exact.add(only.topic.name);
                    } else if (list instanceof PatternSubscribers all) {
                        patterns.add(all.topics.pattern());
                    }
                }
            }

            @Override
            public Collection<String> names() {
                return topicNames(lists, position);
            }

            @Override
            public boolean matches(String name) {
                return exact.contains(name) || patterns.stream().anyMatch(pattern -> pattern.matches(name));
            }
        };
    }

    /** The names of these topics, except for live-only ones, which no history stores. */
    private static Collection<String> topicNames(SubscriberList[] lists, long position) {
        Set<String> names = new LinkedHashSet<>();
        for (SubscriberList list : lists) {
            boolean isExact = list instanceof TopicSubscribers;
            list.forEachTopic(topic -> {
                if (!topic.isLiveOnly && (isExact || topic.log.hasAfter(position))) {
                    names.add(topic.name);
                }
            });
        }
        return names;
    }

    // ---- what is lost

    /**
     * Whether a topic lost an event after {@code position} that was not reported yet. The number of the eviction
     * decides. If a topic evicts more events after a gap was reported, that is a new gap, whatever the floors of other
     * topics were.
     */
    final boolean isGap(long position, long reportedEvictions) {
        for (LaneSubscription each = first(); each != null; each = each.next()) {
            if (each.isOwnGap(Math.max(position, each.since()), reportedEvictions)) {
                return true;
            }
        }
        return false;
    }

    /** The strictest policy of the subscriptions for which {@link #isGap} holds. Under the hub's lock. */
    final OverflowPolicy overflowPolicy(long position, long reportedEvictions, OverflowPolicy hubPolicy) {
        OverflowPolicy strictest = null;
        for (LaneSubscription each = first(); each != null; each = each.next()) {
            long from = Math.max(position, each.since());
            strictest = OverflowPolicy.strictest(strictest, each.ownOverflowPolicy(from, reportedEvictions));
        }
        return strictest == null ? overflowPolicyOfAll(hubPolicy) : strictest;
    }

    /**
     * The policy for a client whose position is unknown: any of its topics may have lost something. A subscription's
     * own policy wins, else the strictest of all its topics. Under the hub's lock.
     */
    final OverflowPolicy overflowPolicyOfAll(OverflowPolicy hubPolicy) {
        @Nullable OverflowPolicy[] strictest = {null};
        for (LaneSubscription each = first(); each != null; each = each.next()) {
            OverflowPolicy own = each.selector().overflow();
            if (own != null) {
                strictest[0] = OverflowPolicy.strictest(strictest[0], own);
            } else {
                each.forEachTopic(topic -> strictest[0] = OverflowPolicy.strictest(strictest[0], topic.overflow()));
            }
        }
        return strictest[0] == null ? hubPolicy : strictest[0];
    }

    // ---- what is kept

    /** Up to which position events after {@code position} are kept in the history only; 0 if there are none. */
    final long historyUpTo(long position) {
        long upTo = 0;
        for (LaneSubscription each = first(); each != null; each = each.next()) {
            upTo = Math.max(upTo, each.ownHistoryUpTo(Math.max(position, each.since())));
        }
        return upTo;
    }

    /** The position from which every kept event after {@code known} is still to come. Under the hub's lock. */
    final long beforeOldestKept(long known, long head) {
        long[] oldest = {head + 1};
        for (LaneSubscription next = first(); next != null; next = next.next()) {
            LaneSubscription each = next;
            long from = Math.max(known, each.since());
            each.forEachTopic(topic -> {
                long after = each.bounds().after(topic, from);
                long first = topic.log.oldestKeptAfter(after);
                if (first > 0) {
                    oldest[0] = Math.min(oldest[0], first);
                }
            });
        }
        return oldest[0] - 1;
    }

    /** Copies the events that are next for its sink. */
    final void copyInto(CatchUpRange range, long position) {
        for (LaneSubscription each = first(); each != null; each = each.next()) {
            long after = Math.max(position, each.since());
            for (SubscriberList list : each.ownLists()) {
                list.copyInto(range, after, each.bounds());
            }
        }
    }

    // ---- how its sink takes events

    /** How the sink takes events; null if it takes them as they are. */
    final @Nullable EventView view() {
        LaneSubscription.Later second = next;
        return second == null ? first().ownView() : second.viewOfAll();
    }

    /** Derives the view again after a subscription came or went. */
    final void deriveView() {
        LaneSubscription.Later second = next;
        if (second != null) {
            second.setViewOfAll(EventView.of(this));
        }
    }
}
