package io.sluice.sse.topic;

import java.nio.charset.StandardCharsets;

/**
 * What a topic may be called: 1 to 255 bytes of UTF-8, segments between {@code /}, none of them empty, {@code .} or
 * {@code ..}; no control, bidirectional or zero-width characters, which make two names look alike; no {@code *}, which
 * belongs to patterns. Each refusal names the rule that was broken.
 */
public final class TopicName {

    /** The longest name, in bytes of UTF-8. */
    public static final int MAX_BYTES = 255;

    private TopicName() {}

    /**
     * Returns {@code name} if it can be published to.
     *
     * @throws IllegalArgumentException if it cannot; the message says which rule it breaks
     */
    public static String check(String name) {
        if (name.indexOf('*') >= 0) {
            throw refused(name, "a * stands for topics in a pattern; an event goes to one topic by its name");
        }
        checkSegments(name);
        return name;
    }

    /** The rules that names and patterns share. */
    static void checkSegments(String name) {
        int bytes = utf8Length(name);
        if (bytes == 0) {
            throw refused(name, "it is empty");
        }
        if (bytes > MAX_BYTES) {
            throw refused(name, "it has " + bytes + " bytes in UTF-8, at most " + MAX_BYTES + " are allowed");
        }
        for (int i = 0; i < name.length(); ) {
            int c = name.codePointAt(i);
            if (isForbidden(c)) {
                throw refused(
                        name,
                        String.format(
                                "it contains U+%04X; control, bidirectional and zero-width characters are not allowed",
                                c));
            }
            i += Character.charCount(c);
        }
        for (String segment : name.split("/", -1)) {
            if (segment.isEmpty()) {
                throw refused(name, "a segment between slashes is empty");
            }
            if (segment.equals(".") || segment.equals("..")) {
                throw refused(name, "a segment is " + segment);
            }
        }
    }

    private static boolean isForbidden(int c) {
        int type = Character.getType(c);
        return type == Character.CONTROL
                || type == Character.FORMAT
                || type == Character.SURROGATE
                || type == Character.LINE_SEPARATOR
                || type == Character.PARAGRAPH_SEPARATOR
                || c == 0x115F
                || c == 0x1160
                || c == 0x3164
                || c == 0xFFA0
                || c == 0x034F;
    }

    private static int utf8Length(String name) {
        return name.getBytes(StandardCharsets.UTF_8).length;
    }

    static IllegalArgumentException refused(String name, String rule) {
        StringBuilder shown = new StringBuilder();
        name.codePoints().limit(80).forEach(c -> {
            if (isForbidden(c)) {
                shown.append(String.format("\\u%04X", c));
            } else {
                shown.appendCodePoint(c);
            }
        });
        if (shown.length() < name.length() && name.codePointCount(0, name.length()) > 80) {
            shown.append('…');
        }
        return new IllegalArgumentException("topic \"" + shown + "\": " + rule);
    }
}
