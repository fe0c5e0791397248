package io.sluice.sse.benchmarks.soak;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The resources of a process, read from outside: descriptors, threads and resident memory from {@code /proc}, and the
 * heap with jcmd.
 */
final class Footprint {

    /** A line of the histogram: number, objects, bytes, and class name. */
    private static final Pattern CLASS = Pattern.compile("^ *\\d+: +(\\d+) +(\\d+) +(\\S+)");

    private final long pid;

    Footprint(long pid) {
        this.pid = pid;
    }

    int descriptors() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc", Long.toString(pid), "fd"))) {
            return (int) all.count();
        }
    }

    int threads() throws IOException {
        return (int) status("Threads:");
    }

    /** Resident bytes: the heap, which is resident from the start, and everything outside of it. */
    long residentBytes() throws IOException {
        return status("VmRSS:") * 1024;
    }

    private long status(String field) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"))) {
            if (line.startsWith(field)) {
                return Long.parseLong(
                        line.substring(field.length()).replace("kB", "").strip());
            }
        }
        throw new IOException("no " + field + " of process " + pid);
    }

    /**
     * Bytes of all reachable objects. The class histogram starts with a full collection and counts what remains, so the
     * result depends neither on the collector nor on the moment.
     */
    long liveHeapBytes() throws IOException, InterruptedException {
        String total = "";
        for (String line : histogram().split("\n", -1)) {
            if (line.startsWith("Total")) {
                total = line;
            }
        }
        String[] columns = total.strip().split("\\s+", -1);
        if (columns.length < 3) {
            throw new IOException("jcmd returned no histogram of process " + pid);
        }
        return Long.parseLong(columns[2]);
    }

    /** The reachable objects of each class, counted in the same way. */
    Map<String, ClassSize> liveClasses() throws IOException, InterruptedException {
        Map<String, ClassSize> classes = new HashMap<>();
        for (String line : histogram().split("\n", -1)) {
            Matcher matcher = CLASS.matcher(line);
            if (matcher.find()) {
                classes.merge(
                        matcher.group(3),
                        new ClassSize(Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2))),
                        ClassSize::plus);
            }
        }
        return classes;
    }

    /** Number and bytes of the objects of one class. */
    record ClassSize(long objects, long bytes) {
        static final ClassSize NONE = new ClassSize(0, 0);

        ClassSize plus(ClassSize other) {
            return new ClassSize(objects + other.objects, bytes + other.bytes);
        }

        ClassSize minus(ClassSize other) {
            return new ClassSize(objects - other.objects, bytes - other.bytes);
        }
    }

    private String histogram() throws IOException, InterruptedException {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        Process process = new ProcessBuilder(jcmd.toString(), Long.toString(pid), "GC.class_histogram")
                .redirectErrorStream(true)
                .start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException("jcmd: " + text);
        }
        return text;
    }
}
