package io.sluice.sse.netty;

import java.util.Locale;

/** Whether a client accepts event streams (RFC 9110, section 12.5.1). */
final class Accepts {

    private Accepts() {}

    /** @param accept the header's lines as one; blank if there is none */
    static boolean eventStream(String accept) {
        if (accept.isBlank()) {
            return true;
        }
        int closest = -1;
        double weight = 0;
        for (String range : accept.toLowerCase(Locale.ROOT).split(",")) {
            String[] parts = range.split(";");
            int close = switch (parts[0].trim()) {
                case "text/event-stream" -> 2;
                case "text/*" -> 1;
                case "*/*" -> 0;
                default -> -1;
            };
            if (close >= 0 && close >= closest) {
                double given = weight(parts);
                weight = close > closest ? given : Math.max(weight, given);
                closest = close;
            }
        }
        return closest >= 0 && weight > 0;
    }

    private static double weight(String[] parts) {
        for (int i = 1; i < parts.length; i++) {
            String parameter = parts[i].trim();
            if (parameter.startsWith("q=")) {
                try {
                    return Double.parseDouble(parameter.substring(2).trim());
                } catch (NumberFormatException e) {
                    return 1; // a weight that cannot be read says nothing
                }
            }
        }
        return 1;
    }
}
