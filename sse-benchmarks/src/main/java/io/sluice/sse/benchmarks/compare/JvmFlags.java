package io.sluice.sse.benchmarks.compare;

import java.util.List;

/** Flags of the virtual machines that the programs start. */
public final class JvmFlags {

    private JvmFlags() {}

    /** Allows what Netty does with native code and memory, which newer virtual machines warn of; empty for older ones. */
    public static List<String> nativeAccess() {
        return Runtime.version().feature() < 24
                ? List.of()
                : List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");
    }
}
