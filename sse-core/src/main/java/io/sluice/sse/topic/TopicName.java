package io.sluice.sse.topic;

import java.nio.charset.StandardCharsets;

/** The rules for topic names, as {@link TopicPattern#checkName} describes them. */
final class TopicName {

    /** The maximum length of a name, in bytes of UTF-8. */
    static final int MAX_BYTES = 255;

    /** The maximum number of segments of a name or a pattern. */
    static final int MAX_SEGMENTS = 32;

    private TopicName() {}

    static String check(String name) {
        if (name.indexOf('*') >= 0) {
            throw invalid(name, "a * is allowed in patterns only; an event is published to a topic by its name");
        }
        checkSegments(name);
        return name;
    }

    /** The rules that names and patterns share. */
    static void checkSegments(String name) {
        if (isPlain(name)) {
            return;
        }
        int bytes = utf8Length(name);
        if (bytes == 0) {
            throw invalid(name, "it is empty");
        }
        if (bytes > MAX_BYTES) {
            throw invalid(name, "it has " + bytes + " bytes in UTF-8, at most " + MAX_BYTES + " are allowed");
        }
        for (int i = 0; i < name.length(); ) {
            int c = name.codePointAt(i);
            if (isForbidden(c)) {
                throw invalid(
                        name,
                        String.format(
                                "it contains U+%04X; control, bidirectional and zero-width characters are not allowed",
                                c));
            }
            i += Character.charCount(c);
        }
        String[] segments = name.split("/", -1);
        if (segments.length > MAX_SEGMENTS) {
            throw invalid(name, "it has " + segments.length + " segments, at most " + MAX_SEGMENTS + " are allowed");
        }
        for (String segment : segments) {
            if (segment.isEmpty()) {
                throw invalid(name, "a segment between slashes is empty");
            }
            if (segment.equals(".") || segment.equals("..")) {
                throw invalid(name, "a segment is " + segment);
            }
        }
    }

    /**
     * Whether a name of ASCII characters fulfils all rules. Most names do. Each publication is checked, so this look
     * allocates nothing; what is wrong with any other name is found afterwards.
     */
    private static boolean isPlain(String name) {
        int length = name.length();
        if (length == 0 || length > MAX_BYTES) {
            return false;
        }
        int segments = 1;
        int start = 0;
        boolean onlyDots = true;
        for (int i = 0; i < length; i++) {
            char c = name.charAt(i);
            if (c < ' ' || c > '~') {
                return false;
            }
            if (c != '/') {
                onlyDots &= c == '.';
            } else if (onlyDots && i - start <= 2) { // an empty segment, or one of dots
                return false;
            } else {
                segments++;
                start = i + 1;
                onlyDots = true;
            }
        }
        return segments <= MAX_SEGMENTS && !(onlyDots && length - start <= 2);
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

    static IllegalArgumentException invalid(String name, String rule) {
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
