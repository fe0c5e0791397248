package io.sluice.sse.benchmarks.compare;

import com.fasterxml.jackson.databind.JsonNode;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import org.HdrHistogram.Histogram;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler;

/** Plots throughput over clients, and latency over percentiles. */
final class Plots {

    private static final int WIDTH = 900;
    private static final int HEIGHT = 560;
    /** Percentiles as a number of nines: 1 is the 90th percentile, 2 the 99th. */
    private static final double MAX_NINES = 4;

    private final Path folder;
    private final Results results;

    private Plots(Path folder, Results results) {
        this.folder = folder;
        this.results = results;
    }

    static void write(Path folder, Results results) throws IOException {
        System.setProperty("java.awt.headless", "true");
        Files.createDirectories(folder);
        Plots plots = new Plots(folder, results);
        plots.throughput();
        plots.latency("rate-20", "20,000 events/s to 1,000 clients", "latency-20");
        plots.latency("rate-100", "100,000 events/s to 1,000 clients", "latency-100");
    }

    private static XYChart chart(String title, String x, String y) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle(x)
                .yAxisTitle(y)
                .build();
        chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideE);
        chart.getStyler().setYAxisLogarithmic(true).setYAxisLogarithmicDecadeOnly(false);
        chart.getStyler().setYAxisDecimalPattern("#,##0.###");
        chart.getStyler().setChartBackgroundColor(Color.WHITE);
        return chart;
    }

    private void throughput() throws IOException {
        XYChart chart = chart("Throughput over clients, 128 bytes, one core", "clients", "events/s");
        chart.getStyler().setXAxisLogarithmic(true).setXAxisDecimalPattern("#,##0");
        for (String server : results.servers()) {
            List<Double> x = new ArrayList<>();
            List<Double> y = new ArrayList<>();
            for (int clients : Stages.CLIENTS) {
                OptionalDouble rate = results.median(server, "saturate-" + clients, Figure.EVENTS_PER_SECOND);
                if (rate.isPresent() && rate.getAsDouble() > 0) {
                    x.add((double) clients);
                    y.add(rate.getAsDouble());
                }
            }
            if (!x.isEmpty()) {
                chart.addSeries(server, x, y);
            }
        }
        save(chart, "throughput");
    }

    private void latency(String workload, String title, String file) throws IOException {
        XYChart chart = chart("Latency, " + title, "percentile", "ms");
        chart.getStyler().setMarkerSize(0);
        chart.getStyler().setXAxisTickMarkSpacingHint(WIDTH / 6); // one mark per nine
        chart.getStyler().setXAxisTickLabelsFormattingFunction(Plots::percentile);
        for (String server : results.servers()) {
            Histogram all = merged(server, workload);
            if (all.getTotalCount() == 0) {
                continue;
            }
            List<Double> x = new ArrayList<>();
            List<Double> y = new ArrayList<>();
            for (double nines = 0; nines <= MAX_NINES; nines += 0.1) {
                x.add(nines);
                y.add(Math.max(1, all.getValueAtPercentile(100 - 100 * Math.pow(10, -nines))) / 1000.0);
            }
            chart.addSeries(server, x, y);
        }
        save(chart, file);
    }

    private static String percentile(double nines) {
        return String.format(Locale.ROOT, "%.5g %%", 100 - 100 * Math.pow(10, -nines))
                .replaceAll("\\.?0+ ", " ");
    }

    /** All rounds together, in microseconds. */
    private Histogram merged(String server, String workload) {
        Histogram all = new Histogram(3);
        for (Run run : results.of(server, workload)) {
            for (JsonNode bucket : run.line().path("latency").path("buckets")) {
                all.recordValueWithCount(
                        Math.max(1, bucket.get(0).asLong()), bucket.get(1).asLong());
            }
        }
        return all;
    }

    private void save(XYChart chart, String name) throws IOException {
        if (!chart.getSeriesCollection().isEmpty()) {
            String file = folder.resolve(name + ".png").toString();
            BitmapEncoder.saveBitmap(List.of(chart), 1, 1, file, BitmapEncoder.BitmapFormat.PNG);
        }
    }
}
