package io.sluice.sse.benchmarks.jmh;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler;

/** Plots the cost of a publish over clients, topics and lanes. */
final class GrowthPlot {

    private static final int WIDTH = 900;
    private static final int HEIGHT = 480;

    private GrowthPlot() {}

    static void write(Path folder, List<GrowthPoint> points) throws IOException {
        System.setProperty("java.awt.headless", "true");
        Files.createDirectories(folder);
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title("A publish of 128 bytes, as clients, topics or lanes grow while the others stay at one")
                .xAxisTitle("number")
                .yAxisTitle("ns")
                .build();
        chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideE);
        chart.getStyler().setXAxisLogarithmic(true).setXAxisDecimalPattern("#,##0");
        chart.getStyler().setYAxisMin(0.0).setYAxisDecimalPattern("#,##0");
        chart.getStyler().setChartBackgroundColor(Color.WHITE);
        for (Sweep sweep : Sweep.values()) {
            List<GrowthPoint> drawn = drawn(sweep, points);
            if (!drawn.isEmpty()) {
                chart.addSeries(
                        sweep.title(),
                        drawn.stream().mapToDouble(GrowthPoint::step).toArray(),
                        drawn.stream().mapToDouble(GrowthPoint::nanos).toArray());
            }
        }
        String file = folder.resolve("publish.png").toString();
        BitmapEncoder.saveBitmap(List.of(chart), 1, 1, file, BitmapEncoder.BitmapFormat.PNG);
    }

    /** The axis is logarithmic and has no place for zero lanes. */
    static List<GrowthPoint> drawn(Sweep sweep, List<GrowthPoint> points) {
        return points.stream()
                .filter(point -> point.sweep() == sweep && point.step() > 0)
                .toList();
    }
}
