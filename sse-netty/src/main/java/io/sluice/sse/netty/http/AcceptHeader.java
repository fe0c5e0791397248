package io.sluice.sse.netty.http;

import java.util.List;
import java.util.Locale;

/** Evaluates the headers Accept and Accept-Encoding (RFC 9110, sections 12.5.1 and 12.5.3). */
public final class AcceptHeader {

    private static final String EVENT_STREAM = "text/event-stream";

    private AcceptHeader() {}

    /**
     * Whether the header is the one of an EventSource, which never sends another.
     *
     * @param lines the lines of the Accept header; empty if the request has none
     */
    public static boolean isOfEventSource(List<String> lines) {
        return lines.size() == 1 && lines.get(0).equals(EVENT_STREAM);
    }

    /**
     * Whether the client accepts event streams.
     *
     * @param lines the lines of the Accept header; empty if the request has none
     */
    public static boolean acceptsEventStream(List<String> lines) {
        if (isOfEventSource(lines)) {
            return true;
        }
        String accept = String.join(",", lines);
        return accept.isBlank() || rangesAcceptEventStream(accept);
    }

    private static boolean rangesAcceptEventStream(String accept) {
        int mostSpecific = -1;
        double weight = 0;
        for (String range : accept.toLowerCase(Locale.ROOT).split(",")) {
            String[] parts = range.split(";", -1); // -1: never empty, not even for ";"
            int specificity = switch (parts[0].trim()) {
                case EVENT_STREAM -> 2;
                case "text/*" -> 1;
                case "*/*" -> 0;
                default -> -1;
            };
            if (specificity >= 0 && specificity >= mostSpecific) {
                double current = weight(parts);
                weight = specificity > mostSpecific ? current : Math.max(weight, current);
                mostSpecific = specificity;
            }
        }
        return mostSpecific >= 0 && weight > 0;
    }

    /**
     * Whether the client accepts gzip and does not prefer an uncompressed response.
     *
     * @param lines the lines of the Accept-Encoding header; without any, the client gets an uncompressed response
     */
    public static boolean prefersGzip(List<String> lines) {
        double gzip = -1;
        double identity = -1;
        double any = 0;
        for (String coding : String.join(",", lines).toLowerCase(Locale.ROOT).split(",")) {
            String[] parts = coding.split(";");
            switch (parts.length == 0 ? "" : parts[0].trim()) {
                case "gzip", "x-gzip" -> gzip = Math.max(gzip, weight(parts));
                case "identity" -> identity = Math.max(identity, weight(parts));
                case "*" -> any = Math.max(any, weight(parts));
                default -> {}
            }
        }
        double gzipWeight = gzip < 0 ? any : gzip;
        return gzipWeight > 0 && gzipWeight >= identity;
    }

    private static double weight(String[] parts) {
        for (int i = 1; i < parts.length; i++) {
            String parameter = parts[i].trim();
            if (parameter.startsWith("q=")) {
                try {
                    return Double.parseDouble(parameter.substring(2).trim());
                } catch (NumberFormatException e) {
                    return 1; // an unreadable weight is ignored
                }
            }
        }
        return 1;
    }
}
