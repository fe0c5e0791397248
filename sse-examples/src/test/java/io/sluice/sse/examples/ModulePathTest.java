package io.sluice.sse.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A project outside the build compiles against the modules and runs on the module path. All other tests use the class
 * path.
 */
class ModulePathTest {

    private static final Path SOURCES = Path.of("src/test/consumer");

    /** The libraries that an application needs. Optional libraries are omitted on purpose. */
    private static final List<String> NEEDED = List.of(
            "sse-core", "sse-netty", "sse-test", "netty-", "slf4j-api", "jspecify", "caffeine", "bucket4j", "logback");

    /** The packages that only their own modules may access, with a type of each. */
    private static final Map<String, String> HIDDEN = Map.of(
            "io.sluice.sse.hub.log", "HubLog",
            "io.sluice.sse.hub.core", "HubCore",
            "io.sluice.sse.netty.frame", "BatchFramer");

    @TempDir
    private static Path classes;

    private static String errorsOfHiddenPackages;

    @BeforeAll
    static void compileAgainstHiddenPackages() throws IOException {
        Path bad = Files.createDirectories(classes.resolve("bad"));
        Files.createDirectories(bad.resolve("p"));
        Files.writeString(
                bad.resolve("module-info.java"),
                "module bad { requires io.sluice.sse.core; requires io.sluice.sse.netty; }");
        for (Map.Entry<String, String> each : HIDDEN.entrySet()) {
            String name = "Bad" + each.getValue();
            Files.writeString(
                    bad.resolve("p/" + name + ".java"),
                    "package p; class " + name + " { " + each.getKey() + "." + each.getValue() + " hidden; }");
        }
        StringWriter errors = new StringWriter();
        assertThat(javac(modulePath(), bad, errors)).isNotZero();
        errorsOfHiddenPackages = errors.toString();
    }

    @Test
    void anApplicationRunsOnTheModulePath() throws Exception {
        StringWriter errors = new StringWriter();
        assertThat(javac(modulePath(), SOURCES, errors)).as(errors.toString()).isZero();

        Process consumer = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "--module-path",
                        modulePath() + File.pathSeparator + classes,
                        "--module",
                        "consumer/consumer.Main")
                .redirectErrorStream(true)
                .start();
        try {
            String output = new String(consumer.getInputStream().readAllBytes());
            assertThat(consumer.waitFor(60, TimeUnit.SECONDS)).as(output).isTrue();
            assertThat(output)
                    .contains(
                            "data: from a source",
                            "data: from module io.sluice.sse.core",
                            "script: 200 text/javascript");
        } finally {
            consumer.destroyForcibly();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"io.sluice.sse.hub.log", "io.sluice.sse.hub.core", "io.sluice.sse.netty.frame"})
    void hiddenPackagesAreNotReadable(String hidden) {
        assertThat(HIDDEN).containsKey(hidden);
        assertThat(errorsOfHiddenPackages).contains("package " + hidden + " is not visible");
    }

    private static String modulePath() {
        return String.join(File.pathSeparator, Libraries.named(NEEDED));
    }

    private static int javac(String modulePath, Path sources, StringWriter errors) throws IOException {
        List<String> files;
        try (Stream<Path> all = Files.walk(sources)) {
            files = all.filter(file -> file.toString().endsWith(".java"))
                    .map(Path::toString)
                    .toList();
        }
        String[] arguments = Stream.concat(
                        Stream.of("-d", classes.toString(), "--release", "17", "--module-path", modulePath),
                        files.stream())
                .toArray(String[]::new);
        PrintWriter out = new PrintWriter(errors, true);
        return ToolProvider.findFirst("javac").orElseThrow().run(out, out, arguments);
    }
}
