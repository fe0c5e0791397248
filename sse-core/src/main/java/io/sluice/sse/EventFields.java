package io.sluice.sse;

import java.time.Duration;

/**
 * Checks the single-line fields of an event, and quotes values for error messages and logs. Multi-line text (data,
 * comment) needs no check: the encoder gives each line its own prefix, so the text cannot forge a field.
 */
final class EventFields {
    private static final int QUOTE_LIMIT = 64;

    private EventFields() {}

    /** Returns the text if it fits on one line of the wire; throws otherwise. */
    static String checkLine(String field, String text, int maxBytes) {
        if (text.isEmpty()) {
            throw invalid(field, "\"\"", maxBytes);
        }
        long bytes = 0;
        for (int i = 0, codePoint; i < text.length(); i += Character.charCount(codePoint)) {
            codePoint = text.codePointAt(i);
            if (isForbiddenInLine(codePoint)) {
                String found = "%s has U+%04X at index %d".formatted(quote(text), codePoint, i);
                throw invalid(field, found, maxBytes);
            }
            bytes += utf8Length(codePoint);
        }
        if (bytes > maxBytes) {
            throw invalid(field, "%s takes %d bytes of UTF-8".formatted(quote(text), bytes), maxBytes);
        }
        return text;
    }

    /** Returns the duration in whole milliseconds, the unit of the wire. */
    static Duration checkRetry(Duration retry) {
        if (retry.isNegative() || retry.compareTo(Event.MAX_RETRY) > 0) {
            throw new IllegalArgumentException("retry: " + retry + " (expected: from 0 to 1 day)");
        }
        return Duration.ofMillis(retry.toMillis());
    }

    /** Quotes a text for a log: shortened, with every character escaped that could garble or forge log output. */
    static String quote(String text) {
        StringBuilder quoted = new StringBuilder(Math.min(text.length(), QUOTE_LIMIT) + 24).append('"');
        int i = 0;
        while (i < text.length() && i < QUOTE_LIMIT) {
            int codePoint = text.codePointAt(i);
            appendEscaped(quoted, codePoint);
            i += Character.charCount(codePoint);
        }
        quoted.append('"');
        if (i < text.length()) {
            quoted.append("… (").append(text.length()).append(" chars)");
        }
        return quoted.toString();
    }

    private static boolean isForbiddenInLine(int codePoint) {
        // codePointAt returns a surrogate only if it is unpaired.
        return codePoint == 0
                || codePoint == '\r'
                || codePoint == '\n'
                || Character.getType(codePoint) == Character.SURROGATE;
    }

    private static int utf8Length(int codePoint) {
        if (codePoint < 0x80) {
            return 1;
        }
        if (codePoint < 0x800) {
            return 2;
        }
        return codePoint < 0x10000 ? 3 : 4;
    }

    private static IllegalArgumentException invalid(String field, String found, int maxBytes) {
        return new IllegalArgumentException(field + ": " + found + " (expected: 1 to " + maxBytes
                + " bytes of UTF-8 without NUL, CR, LF and unpaired surrogates)");
    }

    private static void appendEscaped(StringBuilder quoted, int codePoint) {
        switch (codePoint) {
            case '\n' -> quoted.append("\\n");
            case '\r' -> quoted.append("\\r");
            case '\t' -> quoted.append("\\t");
            case '"', '\\' -> quoted.append('\\').append((char) codePoint);
            default -> {
                if (isInvisible(codePoint)) {
                    quoted.append(String.format(codePoint > 0xFFFF ? "\\u{%X}" : "\\u%04X", codePoint));
                } else {
                    quoted.appendCodePoint(codePoint);
                }
            }
        }
    }

    private static boolean isInvisible(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> true;
            default -> false;
        };
    }
}
