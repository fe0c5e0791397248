package io.sluice.sse.benchmarks.compression;

import java.util.List;
import java.util.Locale;
import java.util.Random;

/** The events of a measurement. The same seed makes the same events. */
final class Payloads {

    /** What an event looks like. */
    enum Kind {
        /** A price of an instrument as JSON of 300 bytes. */
        TICK,
        /** A row of a table as HTML of about 500 bytes, as a page would put it into its place. */
        HTML
    }

    private static final int TICK_BYTES = 300;
    private static final String FILL = "indicative;source=aggregated;tier=1;";
    private static final List<String> SYMBOLS =
            List.of("EURUSD", "USDJPY", "GBPUSD", "AUDUSD", "USDCHF", "USDCAD", "NZDUSD", "EURJPY", "EURGBP", "XAUUSD");

    private final Random random = new Random(7);
    private final double[] prices = {
        1.08431, 154.217, 1.26644, 0.65412, 0.88123, 1.37005, 0.59871, 167.224, 0.85611, 2411.35
    };
    private int sequence;

    String next(Kind kind) {
        sequence++;
        return kind == Kind.TICK ? tick() : html();
    }

    private String tick() {
        int i = random.nextInt(SYMBOLS.size());
        prices[i] *= 1 + (random.nextInt(1024) - 511) * 1e-7;
        double spread = prices[i] * 3e-5 * (1 + random.nextInt(8));
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "{\"symbol\":\"%s\",\"bid\":%.5f,\"ask\":%.5f,\"bidSize\":%d,\"askSize\":%d,\"last\":%.5f,\"volume\":%d,"
                        + "\"venue\":\"%s\",\"ts\":\"2026-11-29T12:00:%02d.%03dZ\",\"seq\":%d,\"pad\":\"",
                SYMBOLS.get(i),
                prices[i],
                prices[i] + spread,
                100 * random.nextInt(128),
                100 * random.nextInt(128),
                prices[i] + spread / 2,
                random.nextInt(8192),
                random.nextBoolean() ? "LD4" : "NY4",
                sequence / 1000 % 60,
                sequence % 1000,
                sequence));
        while (text.length() < TICK_BYTES - 2) {
            text.append(FILL.charAt(text.length() % FILL.length()));
        }
        return text.append("\"}").toString();
    }

    private String html() {
        StringBuilder row = new StringBuilder(String.format(
                Locale.ROOT,
                "<tr id=\"row-%d\" class=\"order %s\">\n",
                random.nextInt(200),
                random.nextBoolean() ? "open" : "filled"));
        for (String column : List.of("symbol", "price", "size", "time")) {
            String text = column.equals("symbol")
                    ? SYMBOLS.get(random.nextInt(SYMBOLS.size()))
                    : Integer.toString(random.nextInt(1_000_000));
            row.append("  <td class=\"px-4 py-2 text-right font-mono\" data-col=\"")
                    .append(column)
                    .append("\">")
                    .append(text)
                    .append("</td>\n");
        }
        return row.append("  <td><button class=\"btn btn-sm\" data-on-click=\"@post('/orders/")
                .append(sequence)
                .append("/cancel')\">Cancel</button></td>\n</tr>")
                .toString();
    }
}
