package io.sluice.sse.netty;

import java.util.List;
import java.util.Locale;

/** Whether a client accepts event streams (RFC 9110, section 12.5.1). */
final class AcceptHeader {

    private static final String EVENT_STREAM = "text/event-stream";

    private AcceptHeader() {}

    /** @param lines the header's; none if it was not sent */
    static boolean eventStream(List<String> lines) {
        if (lines.size() == 1 && lines.get(0).equals(EVENT_STREAM)) {
            return true; // as browsers say it
        }
        String accept = String.join(",", lines);
        return accept.isBlank() || ranges(accept);
    }

    private static boolean ranges(String accept) {
        int closest = -1;
        double weight = 0;
        for (String range : accept.toLowerCase(Locale.ROOT).split(",")) {
            String[] parts = range.split(";");
            int close = switch (parts[0].trim()) {
                case EVENT_STREAM -> 2;
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
