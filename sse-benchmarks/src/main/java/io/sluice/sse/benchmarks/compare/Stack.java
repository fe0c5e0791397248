package io.sluice.sse.benchmarks.compare;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A stack in the format of async-profiler with {@code -t -a -l}: the thread in brackets, then the frames from the
 * outermost to the innermost. A frame is followed by its kind ({@code _[k]} is the kernel) or preceded by its library.
 *
 * @param frames from the thread to the innermost frame
 * @param samples the number of samples
 */
record Stack(List<String> frames, long samples) {

    private static final String OF_KERNEL = "_[k]";
    private static final Pattern KIND = Pattern.compile("_\\[.\\]$");
    private static final Pattern COMPILER_THREAD = Pattern.compile("\\[C[12] Comp.*");
    private static final Pattern GC_THREAD = Pattern.compile("\\[(GC Thread|G1 |VM Thread).*");
    private static final Pattern COLLECTOR = Pattern.compile("libjvm\\.[^`]*`.*(G1|Collect|GC).*");
    private static final Pattern JNI = Pattern.compile("libjvm\\.[^`]*`(jni_|JVM_|Unsafe_).*");
    private static final Pattern JDK = Pattern.compile("(java|javax|jdk|sun)/.*");
    private static final Pattern SYSTEM_CALL = Pattern.compile("__(?:x64|arm64|do|se)_sys_(\\w+)");
    /** The innermost frame of a thread in the kernel if samples are taken by a timer, which cannot see the kernel. */
    private static final Pattern WRAPPER = Pattern.compile("libc\\.[^`]*`_*(?:GI_)?_*(?:libc_)?"
            + "(send|sendto|sendmsg|sendmmsg|write|writev|recv|recvfrom|recvmsg|read|readv|accept4?|close|shutdown|"
            + "epoll_wait|epoll_pwait2?|epoll_ctl|eventfd_write|eventfd_read|timerfd_settime|syscall)");

    /** @param line the frames, separated by semicolons, a space, and the count */
    static Stack parse(String line) {
        int space = line.lastIndexOf(' ');
        return new Stack(List.of(line.substring(0, space).split(";", -1)), Long.parseLong(line.substring(space + 1)));
    }

    boolean endsInKernel() {
        return innermost().endsWith(OF_KERNEL);
    }

    private String innermost() {
        return frames.get(frames.size() - 1);
    }

    /**
     * The layer of a stack. All samples of a compiler or collector thread belong to that layer. Otherwise the innermost
     * frame with a layer decides.
     *
     * @param kernelIsSeen whether the profile contains kernel frames
     */
    Layer layer(boolean kernelIsSeen) {
        String thread = frames.get(0);
        if (COMPILER_THREAD.matcher(thread).matches()) {
            return Layer.COMPILER;
        }
        if (GC_THREAD.matcher(thread).matches()) {
            return Layer.GC;
        }
        if (kernelIsSeen ? endsInKernel() : WRAPPER.matcher(innermost()).matches()) {
            return Layer.KERNEL;
        }
        for (int i = frames.size() - 1; i > 0; i--) {
            Optional<Layer> layer = layer(frames.get(i));
            if (layer.isPresent()) {
                return layer.get();
            }
        }
        return Layer.OTHER;
    }

    /** Empty for frames that work for their caller: classes of the JDK, stubs, the virtual machine. */
    private static Optional<Layer> layer(String frame) {
        if (frame.startsWith("io/netty/")) {
            return Optional.of(Layer.NETTY);
        }
        if (frame.startsWith("io/sluice/sse/")) {
            return Optional.of(ofSluice(frame));
        }
        if (JNI.matcher(frame).matches()) {
            return Optional.of(Layer.NATIVE);
        }
        if (COLLECTOR.matcher(frame).matches()) {
            return Optional.of(Layer.GC);
        }
        if (frame.startsWith("libjvm.") || JDK.matcher(frame).matches()) {
            return Optional.empty();
        }
        if (frame.indexOf('`') > 0) {
            return Optional.of(Layer.NATIVE);
        }
        return frame.indexOf('/') > 0 ? Optional.of(Layer.OTHER) : Optional.empty();
    }

    private static Layer ofSluice(String frame) {
        if (frame.startsWith("io/sluice/sse/netty/")) {
            return Layer.SSE_NETTY;
        }
        return frame.startsWith("io/sluice/sse/examples/") ? Layer.OTHER : Layer.SSE_CORE;
    }

    /** The place where the time was spent: a method, a native function, or a complete system call. */
    String place(boolean kernelIsSeen) {
        Matcher wrapper = WRAPPER.matcher(innermost());
        if (!kernelIsSeen && wrapper.matches()) {
            return "system call " + wrapper.group(1);
        }
        if (!endsInKernel()) {
            return shortened(innermost());
        }
        List<String> inKernel =
                frames.stream().filter(frame -> frame.endsWith(OF_KERNEL)).toList();
        for (String frame : inKernel) {
            Matcher call = SYSTEM_CALL.matcher(KIND.matcher(frame).replaceFirst(""));
            if (call.matches()) {
                return "system call " + call.group(1);
            }
        }
        return "kernel " + KIND.matcher(inKernel.get(0)).replaceFirst("");
    }

    /** Removes package, kind and address. */
    private static String shortened(String frame) {
        return KIND.matcher(frame)
                .replaceFirst("")
                .replaceFirst("\\.0x[0-9a-f]+", "")
                .replaceFirst("^([a-z]\\w*/)+", "")
                .replace('`', ' ');
    }
}
