package io.sluice.sse.examples.server;

import io.sluice.sse.hub.HubBuilder;
import io.sluice.sse.hub.HubBuilder.TopicSettings;
import java.util.List;
import picocli.CommandLine.TypeConversionException;

/**
 * The text of {@code --topic}: a pattern and its options, such as {@code answers/**,events=20000,age=1h,overflow=gap}.
 *
 * @param text the text as it was written
 * @param pattern the pattern
 * @param options the options, each a key, or a key and a value
 */
record TopicText(String text, String pattern, List<String> options) {

    private static final String KEYS = "events=<number>, bytes=<size>, age=<duration>, overflow=<policy>, conflate";

    static TopicText of(String text) {
        String[] parts = text.split(",", -1);
        return new TopicText(text, parts[0], List.of(parts).subList(1, parts.length));
    }

    /** @throws IllegalArgumentException if the text is wrong; the message has the wrong part of it */
    void addTo(HubBuilder hub) {
        if (options.isEmpty()) {
            throw new IllegalArgumentException("topic: " + text + " (expected: a pattern, then options: " + KEYS + ")");
        }
        hub.topics(pattern, topic -> options.forEach(option -> set(topic, option)));
    }

    private void set(TopicSettings topic, String option) {
        int equals = option.indexOf('=');
        String key = equals < 0 ? option : option.substring(0, equals);
        if (equals < 0 && !key.equals("conflate")) {
            throw unknown(option);
        }
        String value = option.substring(equals + 1);
        try {
            switch (key) {
                case "events" -> topic.historyEvents(number(value));
                case "bytes" -> topic.historyBytes(new OptionValues.Size().convert(value));
                case "age" -> topic.historyAge(DurationText.parse(value));
                case "overflow" -> topic.overflow(new OptionValues.OverflowName().convert(value));
                case "conflate" -> conflate(topic, equals < 0 ? "true" : value);
                default -> throw unknown(option);
            }
        } catch (TypeConversionException e) {
            throw new IllegalArgumentException("topic: " + text + ": " + key + ": " + e.getMessage(), e);
        }
    }

    private static int number(String value) {
        if (!value.matches("[0-9]{1,9}")) {
            throw new TypeConversionException("'" + value + "' (expected: a number)");
        }
        return Integer.parseInt(value);
    }

    private static void conflate(TopicSettings topic, String value) {
        if (!List.of("true", "false").contains(value)) {
            throw new TypeConversionException("'" + value + "' (expected: true or false)");
        }
        if (value.equals("true")) {
            topic.conflate();
        }
    }

    private IllegalArgumentException unknown(String option) {
        return new IllegalArgumentException("topic: " + text + ": '" + option + "' (expected: one of " + KEYS + ")");
    }
}
