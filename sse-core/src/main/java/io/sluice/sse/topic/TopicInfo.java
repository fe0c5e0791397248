package io.sluice.sse.topic;

import org.jspecify.annotations.Nullable;

/**
 * One topic as it stands now, for operators.
 *
 * @param name the topic
 * @param subscribers distinct sinks of this node that listen to it, by name or by pattern
 * @param events events kept
 * @param bytes what they cost
 * @param oldestId id of the oldest kept event, or null
 * @param newestId id of the newest kept event, or null
 */
public record TopicInfo(
        String name,
        int subscribers,
        int events,
        long bytes,
        @Nullable String oldestId,
        @Nullable String newestId) {}
