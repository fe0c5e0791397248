package io.sluice.sse;

import java.time.Duration;
import java.util.function.IntPredicate;

/**
 * Checks the single-line fields of an event, and quotes values for error messages and logs. Multi-line text (data,
 * comment) needs no check: the encoder gives each line its own prefix, so the text cannot forge a field.
 */
final class EventFields {
    private static final int QUOTE_LIMIT = 64;
    private static final String NAME_RULE = "NUL, CR, LF and unpaired surrogates";
    private static final String ID_RULE = "control characters, unpaired surrogates, and blanks at either end";
    private static final String RESERVED = " (expected: another name than \"" + Gap.EVENT_NAME + "\" and \""
            + CloseReason.END_EVENT_NAME + "\", by which the hub reports a loss and the end of a stream)";

    private EventFields() {}

    /** Returns the id if it fits on one line of the wire, and a client can return it unchanged; throws otherwise. */
    static String checkId(String id) {
        checkLine("id", id, Event.MAX_ID_BYTES, ID_RULE, EventFields::isForbiddenInId);
        int last = id.codePointBefore(id.length());
        if (isBlank(id.codePointAt(0))) {
            throw invalid("id", found(id, id.codePointAt(0), 0), Event.MAX_ID_BYTES, ID_RULE);
        }
        if (isBlank(last)) {
            throw invalid("id", found(id, last, id.length() - Character.charCount(last)), Event.MAX_ID_BYTES, ID_RULE);
        }
        return id;
    }

    /** Returns the name if it fits on one line of the wire and is not reserved; throws otherwise. */
    static String checkName(String name) {
        checkLine("name", name, Event.MAX_NAME_BYTES, NAME_RULE, EventFields::isForbiddenInLine);
        if (isReserved(name)) {
            throw new IllegalArgumentException("name: " + quote(name) + RESERVED);
        }
        return name;
    }

    /** Whether only the hub itself sends events with this name. */
    static boolean isReserved(String name) {
        return name.equals(Gap.EVENT_NAME) || name.equals(CloseReason.END_EVENT_NAME);
    }

    private static void checkLine(String field, String text, int maxBytes, String rule, IntPredicate isForbidden) {
        if (text.isEmpty()) {
            throw invalid(field, "\"\"", maxBytes, rule);
        }
        long bytes = 0;
        for (int i = 0, codePoint; i < text.length(); i += Character.charCount(codePoint)) {
            codePoint = text.codePointAt(i);
            if (isForbidden.test(codePoint)) {
                throw invalid(field, found(text, codePoint, i), maxBytes, rule);
            }
            bytes += utf8Length(codePoint);
        }
        if (bytes > maxBytes) {
            throw invalid(field, "%s takes %d bytes of UTF-8".formatted(quote(text), bytes), maxBytes, rule);
        }
    }

    private static String found(String text, int codePoint, int index) {
        return "%s has U+%04X at index %d".formatted(quote(text), codePoint, index);
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

    /**
     * The client returns an id in a header. HTTP allows no control character there, and removes blanks at either end.
     * Programs in many languages also remove blanks that are not of ASCII.
     */
    private static boolean isForbiddenInId(int codePoint) {
        return Character.isISOControl(codePoint) || isForbiddenInLine(codePoint);
    }

    private static boolean isBlank(int codePoint) {
        return Character.isWhitespace(codePoint) || Character.isSpaceChar(codePoint);
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

    private static IllegalArgumentException invalid(String field, String found, int maxBytes, String rule) {
        return new IllegalArgumentException(
                field + ": " + found + " (expected: 1 to " + maxBytes + " bytes of UTF-8 without " + rule + ")");
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
