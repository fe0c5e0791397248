package io.sluice.sse.hub.log;

import io.sluice.sse.topic.TopicPattern;

/** Splits names and patterns into their segments. */
final class PatternSegments {

    private PatternSegments() {}

    /** The segments of a name or a pattern. */
    static String[] of(String text) {
        return text.split("/", -1);
    }

    static String[] of(TopicPattern pattern) {
        return of(pattern.toString());
    }

    /** The segments before the first wildcard. All topics that match the pattern begin with them. */
    static String literalStart(TopicPattern pattern) {
        String text = pattern.toString();
        int star = text.indexOf('*');
        return star < 0 ? text : text.substring(0, Math.max(0, star - 1));
    }

    /** The segments after the last wildcard. All topics that match the pattern end with them. */
    static String literalEnd(TopicPattern pattern) {
        String text = pattern.toString();
        int star = text.lastIndexOf('*');
        return text.substring(Math.min(text.length(), star < 0 ? 0 : star + 2));
    }
}
