package io.sluice.sse.examples;

import java.io.File;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** The libraries on the class path of the tests, for programs that run with a part of them. */
final class Libraries {

    private Libraries() {}

    /** The entries of modules and libraries whose names begin with one of these. */
    static List<String> named(List<String> beginnings) {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> beginnings.stream().anyMatch(nameOf(entry)::startsWith))
                .filter(entry -> !entry.endsWith("-tests.jar"))
                .toList();
    }

    /** The name of a jar, or of a module of the reactor, which is a folder: sse-core/target/classes. */
    static String nameOf(String entry) {
        Path path = Path.of(entry);
        return path.endsWith(Path.of("target", "classes"))
                ? path.getParent().getParent().getFileName().toString()
                : path.getFileName().toString();
    }
}
