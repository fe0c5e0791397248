package io.sluice.sse.benchmarks.compare;

import java.util.List;

/** Flags of the virtual machines that the programs start. */
public final class JvmFlags {

    private JvmFlags() {}

    /** Allows Netty to use native code and unsafe memory access, of which newer JVMs warn; empty for older JVMs. */
    public static List<String> nativeAccess() {
        return Runtime.version().feature() < 24
                ? List.of()
                : List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");
    }
}
