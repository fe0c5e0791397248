package io.sluice.sse.redis;

/**
 * How many entries a node reads at once. Redis bounds an answer by its entries only, so their number follows from the
 * mean size of the entries read before. Confined to the thread that reads.
 */
final class PageSize {

    static final int FIRST = 16;
    static final int MAX = 500;
    static final long BYTES = 4 << 20;

    private final long pageBytes;
    private int entries = FIRST;

    /** @param pageBytes how large a page may be, if its entries are as large as the ones before */
    PageSize(long pageBytes) {
        this.pageBytes = pageBytes;
    }

    /** For the next command. */
    int entries() {
        return entries;
    }

    /** A page was read. The number at most doubles, since the next entries may be larger than these. */
    void read(int count, long bytes) {
        if (count > 0) {
            long fitting = pageBytes / Math.max(1, bytes / count);
            entries = (int) Math.max(1, Math.min(Math.min(fitting, MAX), 2L * entries));
        }
    }

    /** A page has failed. It may have been too large for the time or for the memory. */
    void failed() {
        entries = Math.max(1, entries / 2);
    }
}
