package io.sluice.sse.netty.socket;

import io.netty.util.Version;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Checks that the Netty on the class path is new enough. A parent such as that of Spring Boot 3 manages the version of
 * Netty for an application, sometimes for a part of its jars only. Without this check the start would fail with a
 * missing class that names neither the cause nor the remedy.
 */
public final class NettyVersion {

    /** The version that this module is built and tested with. */
    public static final String TESTED = "4.2.18.Final";

    private static final int MAJOR = 4;
    private static final int MINOR = 2;
    private static final Pattern NUMBERS = Pattern.compile("(\\d+)\\.(\\d+).*");

    /**
     * The artifacts that this module uses, also indirectly. Others, such as netty-tcnative, have their own versions.
     */
    private static final List<String> ARTIFACTS = List.of(
            "netty-common",
            "netty-buffer",
            "netty-resolver",
            "netty-transport",
            "netty-handler",
            "netty-codec",
            "netty-codec-base",
            "netty-codec-http",
            "netty-codec-http2",
            "netty-codec-haproxy",
            "netty-transport-native-unix-common",
            "netty-transport-classes-epoll",
            "netty-transport-classes-io_uring",
            "netty-transport-classes-kqueue",
            "netty-transport-native-epoll",
            "netty-transport-native-io_uring",
            "netty-transport-native-kqueue");

    /** Classes that came with 4.2, for jars without a version, such as a jar of several others. */
    private static final Map<String, String> CLASSES_OF_4_2 = Map.of(
            "io.netty.util.concurrent.Ticker", "netty-common",
            "io.netty.channel.MultiThreadIoEventLoopGroup", "netty-transport",
            "io.netty.channel.epoll.EpollIoHandler", "netty-transport-classes-epoll",
            "io.netty.channel.uring.IoUringIoHandler", "netty-transport-classes-io_uring",
            "io.netty.channel.kqueue.KQueueIoHandler", "netty-transport-classes-kqueue");

    /** The class path does not change, so one look is enough. */
    private static volatile boolean passed;

    private NettyVersion() {}

    /** @throws IllegalStateException if any jar of Netty is too old; the message has the versions and the remedy */
    public static void check() {
        if (!passed) {
            check(NettyVersion.class.getClassLoader());
            passed = true;
        }
    }

    static void check(ClassLoader loader) {
        Map<String, String> old = new TreeMap<>();
        Version.identify(loader).forEach((artifact, version) -> {
            if (ARTIFACTS.contains(artifact) && isOld(version.artifactVersion())) {
                old.put(artifact, version.artifactVersion());
            }
        });
        CLASSES_OF_4_2.forEach((name, artifact) -> {
            if (!old.containsKey(artifact) && !exists(name, loader)) {
                old.put(artifact, "without " + name);
            }
        });
        if (!old.isEmpty()) {
            throw new IllegalStateException("Sluice needs Netty " + MAJOR + "." + MINOR + ", but the class path has "
                    + old.toString().replaceAll("[{}]", "").replace('=', ' ') + ": with the parent of Spring Boot 3 set"
                    + " <netty.version>" + TESTED + "</netty.version> in the properties of the pom, else import"
                    + " io.netty:netty-bom:" + TESTED + " before any other BOM.");
        }
    }

    private static boolean isOld(String version) {
        Matcher numbers = NUMBERS.matcher(version);
        if (!numbers.matches()) {
            return false; // an unknown form of version: the classes decide
        }
        int major = Integer.parseInt(numbers.group(1));
        return major < MAJOR || (major == MAJOR && Integer.parseInt(numbers.group(2)) < MINOR);
    }

    private static boolean exists(String name, ClassLoader loader) {
        try {
            Class.forName(name, false, loader);
            return true;
        } catch (ClassNotFoundException | LinkageError e) {
            return false;
        }
    }
}
