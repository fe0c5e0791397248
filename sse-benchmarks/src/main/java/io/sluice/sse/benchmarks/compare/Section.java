package io.sluice.sse.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The generated section of a page, between two comments with its name. The rest of the page stays unchanged. */
public final class Section {

    private Section() {}

    /**
     * Replaces the text between the comments {@code name: begin} and {@code name: end} of a page with {@code text};
     * appends the section if the page has none.
     */
    public static void write(Path page, String name, String text) throws IOException {
        String old = Files.exists(page) ? Files.readString(page) : "";
        Path folder = page.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        Files.writeString(page, replace(old, name, text));
    }

    static String replace(String page, String name, String text) {
        String begin = "<!-- " + name + ": begin -->";
        String end = "<!-- " + name + ": end -->";
        int from = page.indexOf(begin);
        int to = page.indexOf(end);
        String section = begin + "\n" + text.strip() + "\n" + end;
        if (from < 0 || to < from) {
            return page + (page.isEmpty() || page.endsWith("\n") ? "" : "\n") + section + "\n";
        }
        return page.substring(0, from) + section + page.substring(to + end.length());
    }
}
