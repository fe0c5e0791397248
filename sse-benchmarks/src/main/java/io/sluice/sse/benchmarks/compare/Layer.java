package io.sluice.sse.benchmarks.compare;

/** The layer of the software to which a sample belongs. */
enum Layer {
    KERNEL("kernel (the system call itself)"),
    NATIVE("libc, JNI"),
    NETTY("Netty"),
    SSE_NETTY("sse-netty"),
    SSE_CORE("sse-core"),
    COMPILER("JIT compiler"),
    GC("GC"),
    OTHER("other");

    private final String title;

    Layer(String title) {
        this.title = title;
    }

    String title() {
        return title;
    }
}
