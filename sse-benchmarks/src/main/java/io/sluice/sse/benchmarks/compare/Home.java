package io.sluice.sse.benchmarks.compare;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Locations of files. They are found relative to the running jar, so that the commands do not depend on the working
 * directory.
 */
final class Home {

    private Home() {}

    /** The running jar or folder of classes. */
    static Path jar() {
        try {
            return Path.of(Home.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The folder of the module; the jar is in its target folder. */
    static Path module() {
        return jar().resolve("../..").normalize();
    }

    /** The folder for everything that is generated: programs, logs, results. */
    static Path work() {
        return module().resolve("target/compare");
    }

    static Path docs() {
        return module().resolve("../docs").normalize();
    }

    static Path java(Path home) {
        return home.resolve("bin/java");
    }

    static Path ownJava() {
        return Path.of(System.getProperty("java.home"));
    }

    /**
     * The home of a JDK of version 21 or newer, which some peers need: the running JDK, or the one in {@code
     * JAVA25_HOME}, or one in the same folder as the running JDK.
     */
    static Optional<Path> newerJava() {
        if (Runtime.version().feature() >= 21) {
            return Optional.of(ownJava());
        }
        String named = System.getenv("JAVA25_HOME");
        if (named != null) {
            return Optional.of(Path.of(named));
        }
        Path beside = ownJava().getParent();
        if (beside == null) {
            return Optional.empty();
        }
        try (Stream<Path> all = Files.list(beside)) {
            return all.filter(home -> isNewer(home.resolve("release"))).sorted().reduce((a, b) -> b);
        } catch (java.io.IOException e) {
            return Optional.empty();
        }
    }

    private static boolean isNewer(Path release) {
        try {
            List<String> lines = Files.readAllLines(release);
            return lines.stream()
                    .filter(line -> line.startsWith("JAVA_VERSION=\""))
                    .map(line -> line.substring(14).split("[.\"-]", 2)[0])
                    .anyMatch(feature -> Integer.parseInt(feature) >= 21);
        } catch (java.io.IOException | NumberFormatException e) {
            return false;
        }
    }
}
