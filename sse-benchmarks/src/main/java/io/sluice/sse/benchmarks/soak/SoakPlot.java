package io.sluice.sse.benchmarks.soak;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Plots readings over time: heap and resident memory, threads and descriptors, and the ledger. Writes a table next to
 * the plot.
 */
final class SoakPlot {

    private static final int WIDTH = 1000;
    private static final int HEIGHT = 320;

    private final List<Sampler.Sample> samples;

    private SoakPlot(List<Sampler.Sample> samples) {
        this.samples = samples;
    }

    /** @param file a PNG; the table is a CSV of the same name */
    static void write(Path file, String title, List<Sampler.Sample> samples) throws IOException {
        System.setProperty("java.awt.headless", "true");
        SoakPlot plot = new SoakPlot(List.copyOf(samples));
        Path directory = file.toAbsolutePath().getParent();
        if (directory != null) {
            Files.createDirectories(directory);
        }
        Files.write(Path.of(file + ".csv"), plot.table());
        List<Chart<?, ?>> charts = new ArrayList<>();
        XYChart memory = chart(title, "MiB");
        plot.add(memory, "heap after collection", reading -> reading.heapBytes() / 1048576.0);
        plot.add(memory, "resident", reading -> reading.residentBytes() / 1048576.0);
        charts.add(memory);
        XYChart counts = chart("", "count");
        plot.add(counts, "threads", Reading::threads);
        plot.add(counts, "descriptors", Reading::descriptors);
        charts.add(counts);
        XYChart ledger = chart("", "owned by clients");
        for (String kind : ServerApi.OWNED) {
            plot.add(ledger, kind, reading -> reading.owned().getOrDefault(kind, 0L));
        }
        charts.add(ledger);
        BitmapEncoder.saveBitmap(charts, charts.size(), 1, file.toString(), BitmapEncoder.BitmapFormat.PNG);
    }

    private static XYChart chart(String title, String unit) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle("seconds")
                .yAxisTitle(unit)
                .build();
        chart.getStyler().setYAxisMin(0.0);
        return chart;
    }

    private void add(XYChart chart, String name, ToDoubleFunction<Reading> figure) {
        double[] x = samples.stream().mapToDouble(Sampler.Sample::seconds).toArray();
        double[] y = samples.stream()
                .mapToDouble(sample -> figure.applyAsDouble(sample.reading()))
                .toArray();
        chart.addSeries(name, x, y).setMarker(SeriesMarkers.NONE);
    }

    private List<String> table() {
        List<String> lines = new ArrayList<>();
        lines.add("seconds,heap,resident,threads,descriptors," + String.join(",", ServerApi.OWNED));
        for (Sampler.Sample sample : samples) {
            Reading reading = sample.reading();
            StringBuilder line = new StringBuilder(String.format(
                    Locale.ROOT,
                    "%.1f,%d,%d,%d,%d",
                    sample.seconds(),
                    reading.heapBytes(),
                    reading.residentBytes(),
                    reading.threads(),
                    reading.descriptors()));
            ServerApi.OWNED.forEach(
                    kind -> line.append(',').append(reading.owned().getOrDefault(kind, 0L)));
            lines.add(line.toString());
        }
        return lines;
    }
}
