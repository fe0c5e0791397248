package io.sluice.sse.hub.log;

import io.sluice.sse.topic.OverflowPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The options of a topic, by its name. Patterns are matched when a topic is created or removed, never when an event is
 * published or read. Immutable, except for the queues of {@link AgeGroup}, which the hub's lock guards.
 */
final class TopicOptions {

    /**
     * The options of some topics.
     *
     * @param events the maximum number of events in the ring
     * @param bytes the maximum number of their bytes
     * @param age the topics whose events expire at the same age
     * @param overflow the policy for clients that the topic has evicted events for
     * @param conflation how the topics conflate; null if they do not
     */
    record Rule(
            int events,
            long bytes,
            AgeGroup age,
            OverflowPolicy overflow,
            @Nullable Conflation conflation) {}

    /** The topics whose events expire at the same age. The oldest of their events expires first. */
    static final class AgeGroup {

        final long ageNanos;
        /** The rings of these topics that have entries. Guarded by the hub's lock. */
        final EvictionQueue<Topic> rings = new EvictionQueue<>();
        /**
         * No entry of these rings was published before this time, by the hub's clock: in the order of positions, times
         * do not fall. So a publication need not ask for the oldest entry, which costs much if each publication evicts
         * the oldest one.
         */
        private long noneBefore;

        AgeGroup(Duration age) {
            this.ageNanos = age.toNanos();
        }

        /** The ring of a topic has a new entry. */
        void onAppended(Topic topic, LogEntry entry) {
            if (entry.nanos - noneBefore < 0) {
                noneBefore = entry.nanos;
            }
            rings.add(topic, entry.position);
        }

        /** The topic with the oldest entry, if that has expired; otherwise null. */
        @Nullable
        Topic firstExpired(long nowNanos) {
            if (!isExpired(noneBefore, nowNanos)) {
                return null;
            }
            Topic first = rings.first();
            noneBefore = first == null ? nowNanos : first.log.oldestNanos();
            return isExpired(noneBefore, nowNanos) ? first : null;
        }

        /** Whether an entry that was published at {@code nanos} has expired. */
        boolean isExpired(long nanos, long nowNanos) {
            return nowNanos - nanos > ageNanos;
        }
    }

    /**
     * How topics conflate.
     *
     * @param keys the maximum number of keys of a topic's table
     * @param bytes the maximum number of bytes of its entries
     * @param hubLock guards the table; readers of the table take it too
     */
    record Conflation(int keys, long bytes, ReentrantLock hubLock) {}

    private final LogOptions.TopicRules topics;
    private final LogOptions.Retention retention;
    private final List<AgeGroup> ageGroups = new ArrayList<>();
    /** In the order of {@link LogOptions.TopicRules#byPattern}. */
    private final List<Rule> rules = new ArrayList<>();
    /** Of topics that no pattern matches. */
    private final Rule rest;

    private final @Nullable Duration storeAge;
    /** What a backplane has trimmed, if it keeps what the rings evict; otherwise null. */
    private final @Nullable TrimmedSequence trimmed;

    TopicOptions(LogOptions options, ReentrantLock hubLock) {
        this.topics = options.topics();
        this.retention = options.retention();
        Conflation conflation =
                new Conflation(options.conflation().keys(), options.conflation().bytes(), hubLock);
        for (LogOptions.TopicRule each : topics.byPattern()) {
            rules.add(new Rule(
                    orElse(each.events(), retention.events()),
                    orElse(each.bytes(), retention.bytes()),
                    ageGroup(orElse(each.age(), retention.age())),
                    orElse(each.overflow(), topics.overflow()),
                    each.conflates() ? conflation : null));
        }
        this.rest = new Rule(retention.events(), retention.bytes(), ageGroup(retention.age()), topics.overflow(), null);
        LogOptions.HistoryOptions history = options.history();
        this.storeAge = history == null ? null : history.store().age();
        this.trimmed = options.isKeptByBackplane() ? new TrimmedSequence() : null;
    }

    private static <T> T orElse(@Nullable T value, T otherwise) {
        return value == null ? otherwise : value;
    }

    private AgeGroup ageGroup(Duration age) {
        for (AgeGroup each : ageGroups) {
            if (each.ageNanos == age.toNanos()) {
                return each;
            }
        }
        AgeGroup group = new AgeGroup(age);
        ageGroups.add(group);
        return group;
    }

    /** The options of the first pattern that matches the topic, otherwise those of the hub. */
    Rule of(String topic) {
        for (int i = 0; i < rules.size(); i++) {
            if (topics.byPattern().get(i).pattern().matches(topic)) {
                return rules.get(i);
            }
        }
        return rest;
    }

    /** All topics, by the age of their events. */
    List<AgeGroup> ageGroups() {
        return ageGroups;
    }

    /** The overflow policy of topics whose names are not known any more. */
    OverflowPolicy overflow() {
        return topics.overflow();
    }

    int maxTopics() {
        return topics.maxTopics();
    }

    /** The maximum number of bytes that the hub keeps. */
    long maxTotalBytes() {
        return retention.totalBytes();
    }

    /** How long it is known that a topic has ended: as long as its last event is kept, unless a bound evicts it. */
    long endAgeNanos(String topic) {
        return storeAge == null ? of(topic).age().ageNanos : storeAge.toNanos();
    }

    /** Whether the hub has a history beyond its memory. */
    boolean isStored() {
        return storeAge != null;
    }

    /** What a backplane has trimmed, if it keeps what the rings evict; otherwise null. */
    @Nullable
    TrimmedSequence trimmed() {
        return trimmed;
    }

    /**
     * Whether the topic is live-only, see {@link LogOptions.TopicRules}. Such a topic neither conflates nor is stored.
     */
    boolean isLiveOnly(String topic) {
        return topics.liveOnly() != null && topics.liveOnly().test(topic);
    }

    /** Whether the topic conflates. */
    boolean conflates(String topic) {
        return of(topic).conflation() != null && !isLiveOnly(topic);
    }

    /** Whether there are topics that are live-only. */
    boolean hasLiveOnly() {
        return topics.liveOnly() != null;
    }

    /** Whether some topics conflate. */
    boolean hasConflation() {
        return rules.stream().anyMatch(rule -> rule.conflation() != null);
    }
}
