package io.sluice.sse.benchmarks.soak;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How busy the processors of the machine were since a moment, by {@code /proc/stat}. */
final class MachineLoad {

    private static final int IDLE = 3;
    private static final int WAITS_FOR_DISK = 4;
    /** User, nice, system, idle, waiting for a disk, two kinds of interrupts, and stolen. */
    private static final int STATES = 8;

    private final long[] before;

    private MachineLoad(long[] before) {
        this.before = before;
    }

    static MachineLoad begin() throws IOException {
        return new MachineLoad(ticks());
    }

    private static long[] ticks() throws IOException {
        String[] fields = Files.readAllLines(Path.of("/proc/stat")).get(0).split(" +", -1);
        long[] ticks = new long[STATES];
        for (int i = 0; i < STATES; i++) {
            ticks[i] = Long.parseLong(fields[i + 1]);
        }
        return ticks;
    }

    /** From 0 to 1, since {@link #begin}. */
    double busy() throws IOException {
        long[] now = ticks();
        long all = 0;
        for (int i = 0; i < STATES; i++) {
            all += now[i] - before[i];
        }
        long idle = now[IDLE] - before[IDLE] + now[WAITS_FOR_DISK] - before[WAITS_FOR_DISK];
        return all == 0 ? 0 : 1 - (double) idle / all;
    }
}
