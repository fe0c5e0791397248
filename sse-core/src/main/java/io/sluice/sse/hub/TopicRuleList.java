package io.sluice.sse.hub;

import io.sluice.sse.hub.HubBuilder.TopicSettings;
import io.sluice.sse.hub.log.LogOptions;
import io.sluice.sse.topic.TopicPattern;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The options of topics by pattern, in the order of their patterns, and what must not contradict each other. */
final class TopicRuleList {

    private static final String ALL_BELOW = "/" + TopicPattern.ANY_NUMBER;

    private final Map<TopicPattern, TopicSettings> byPattern = new LinkedHashMap<>();

    /** The options of this pattern, which are added if it is new. */
    TopicSettings of(TopicPattern pattern) {
        return byPattern.computeIfAbsent(pattern, TopicSettings::new);
    }

    List<LogOptions.TopicRule> rules() {
        return byPattern.values().stream().map(TopicSettings::rule).toList();
    }

    /** @throws IllegalArgumentException if an option has no effect, or contradicts another option of the hub */
    void check(boolean hasHistory, long totalBytes) {
        List<LogOptions.TopicRule> rules = rules();
        for (int i = 0; i < rules.size(); i++) {
            LogOptions.TopicRule rule = rules.get(i);
            if (hasHistory && rule.conflates()) {
                throw new IllegalArgumentException(
                        "conflate: " + rule.pattern() + " (expected: no topic that conflates in a hub with a history)");
            }
            if (rule.bytes() != null && rule.bytes() > totalBytes) {
                throw new IllegalArgumentException("topics: " + rule.pattern() + " with historyBytes " + rule.bytes()
                        + " (expected: at most the historyTotalBytes of the hub, " + totalBytes + ")");
            }
            for (LogOptions.TopicRule earlier : rules.subList(0, i)) {
                if (includes(earlier.pattern(), rule.pattern())) {
                    throw new IllegalArgumentException("topics: " + rule.pattern() + " (expected: before "
                            + earlier.pattern() + ", which matches all of its topics)");
                }
            }
        }
    }

    /**
     * Whether {@code wide} matches every topic that {@code narrow} matches. As a text, {@code *} in a pattern is a
     * segment that only a wildcard matches.
     */
    private static boolean includes(TopicPattern wide, TopicPattern narrow) {
        String text = narrow.toString();
        boolean isOpen = text.equals(TopicPattern.ANY_NUMBER) || text.endsWith(ALL_BELOW);
        if (!isOpen) {
            return wide.matches(text);
        }
        if (wide.toString().equals(TopicPattern.ANY_NUMBER)) {
            return true;
        }
        int prefix = text.length() - ALL_BELOW.length();
        return wide.toString().endsWith(ALL_BELOW) && prefix > 0 && wide.matches(text.substring(0, prefix));
    }
}
