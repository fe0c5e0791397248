package io.sluice.sse.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The heap of another virtual machine, observed from outside. */
final class JavaHeap {

    private static final Pattern USED = Pattern.compile("heap .*used (\\d+)K");
    private static final Pattern COLLECTION = Pattern.compile("(\\d+)M->(\\d+)M\\(\\d+M\\)");
    private static final Pattern TOTAL = Pattern.compile("(?m)^Total\\s+\\d+\\s+(\\d+)");

    private final long pid;
    private final Path jcmd;
    private final Path garbageLog;

    JavaHeap(long pid, Path jcmd, Path garbageLog) {
        this.pid = pid;
        this.jcmd = jcmd;
        this.garbageLog = garbageLog;
    }

    /** Bytes of all reachable objects: the class histogram starts with a full collection and counts what remains. */
    long liveBytes() throws IOException, InterruptedException {
        return number(TOTAL, ask("GC.class_histogram"));
    }

    /** The current heap usage, garbage included, and the current length of the garbage collection log. */
    Moment now() throws IOException, InterruptedException {
        long used = number(USED, ask("GC.heap_info")) << 10;
        return new Moment(
                used, Files.exists(garbageLog) ? Files.readString(garbageLog).length() : 0);
    }

    /** The state of a heap at one moment. */
    record Moment(long usedBytes, int logged) {}

    /** The number of bytes allocated between two moments, exact to one megabyte per collection between them. */
    long allocated(Moment from, Moment to) throws IOException {
        String log = Files.exists(garbageLog) ? Files.readString(garbageLog) : "";
        return allocated(
                from.usedBytes(),
                to.usedBytes(),
                log.substring(Math.min(from.logged(), log.length()), Math.min(to.logged(), log.length())));
    }

    /** @param log the garbage collection log between the two moments */
    static long allocated(long usedBefore, long usedAfter, String log) {
        long sum = 0;
        long last = usedBefore;
        Matcher collection = COLLECTION.matcher(log);
        while (collection.find()) {
            sum += Math.max(0, (Long.parseLong(collection.group(1)) << 20) - last);
            last = Long.parseLong(collection.group(2)) << 20;
        }
        return sum + Math.max(0, usedAfter - last);
    }

    private String ask(String question) throws IOException, InterruptedException {
        return Shell.run(List.of(jcmd.toString(), Long.toString(pid), question));
    }

    private static long number(Pattern pattern, String text) throws IOException {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.find()) {
            throw new IOException("unexpected output of jcmd: " + text.substring(0, Math.min(300, text.length())));
        }
        return Long.parseLong(matcher.group(1));
    }
}
