package io.sluice.sse.topic;

import org.jspecify.annotations.Nullable;

/**
 * The present state of one topic, for operators.
 *
 * @param name the name of the topic
 * @param subscribers how many distinct sinks of this node subscribe to the topic, by name or by pattern
 * @param events how many events the topic keeps
 * @param bytes the bytes of these events, including a fixed overhead for each
 * @param oldestId the id of the oldest kept event; null if there is none
 * @param newestId the id of the newest kept event; null if there is none
 */
public record TopicInfo(
        String name,
        int subscribers,
        int events,
        long bytes,
        @Nullable String oldestId,
        @Nullable String newestId) {}
