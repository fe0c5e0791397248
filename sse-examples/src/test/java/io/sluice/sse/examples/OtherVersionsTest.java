package io.sluice.sse.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Programs on class paths whose versions somebody else manages: with jars of Netty 4.1, without Jackson, with Jackson 3
 * only. Each runs in a process of its own. Maven has copied the jars of these versions; they are on no class path of
 * the build.
 */
@Execution(ExecutionMode.CONCURRENT)
class OtherVersionsTest {

    private static final Path SOURCES = Path.of("src/test/versions");
    private static final Path OTHER_VERSIONS = Path.of("target/other-versions");

    /** What an application needs at least. Jackson is optional. */
    private static final List<String> NEEDED =
            List.of("sse-core", "sse-netty", "netty-", "slf4j-api", "jspecify", "caffeine", "bucket4j", "logback-");

    @TempDir
    private static Path classes;

    @BeforeAll
    static void compileProgramsWithoutJackson() throws IOException {
        compile(Libraries.named(NEEDED), "StartsServer", "MakesHandler", "WritesJson");
    }

    private static List<String> artifactsOfNetty() throws IOException {
        return otherVersions("netty-")
                .map(jar -> artifactOf(jar.getFileName().toString()))
                .toList();
    }

    @ParameterizedTest(name = "only {0} is old")
    @MethodSource("artifactsOfNetty")
    void aSingleOldJarIsNamedByTheStart(String artifact) throws Exception {
        Run run = run("StartsServer", withOldNetty(List.of(artifact)));
        assertOldNettyIsNamed(run, List.of(artifact));
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"StartsServer", "MakesHandler"})
    void oldJarsAreNamedByTheFirstCall(String program) throws Exception {
        Run run = run(program, withOldNetty(artifactsOfNetty()));
        assertOldNettyIsNamed(run, artifactsOfNetty());
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"StartsServer", "MakesHandler"})
    void thePresentVersionStartsWithoutJackson(String program) throws Exception {
        Run run = run(program, Libraries.named(NEEDED));
        assertThat(run.output).contains(": true");
        assertThat(run.status).as(run.output).isZero();
    }

    @Test
    void withoutJacksonTheFirstUseNamesTheArtifact() throws Exception {
        assertJacksonIsNamed(run("WritesJson", Libraries.named(NEEDED)));
    }

    @Test
    void withJackson3OnlyTheDefaultMapperNamesTheWayToUseIt() throws Exception {
        assertJacksonIsNamed(run("WritesJson", withJackson3()));
    }

    @Test
    void anApplicationUsesJackson3WithoutJackson2() throws Exception {
        compile(withJackson3(), "UsesJackson3");
        Run run = run("UsesJackson3", withJackson3());
        assertThat(run.output)
                .contains("data: {\"item\":\"tea\",\"cents\":250}")
                .contains("read: Price[item=tea, cents=250]");
        assertThat(run.status).isZero();
    }

    private static void assertOldNettyIsNamed(Run run, List<String> artifacts) {
        assertThat(run.failure())
                .startsWith("java.lang.IllegalStateException: Sluice needs Netty 4.2, but the class path has netty-")
                .contains("<netty.version>4.2.")
                .contains("import io.netty:netty-bom:4.2.");
        for (String artifact : artifacts) {
            assertThat(run.failure()).contains(artifact + " 4.1.");
        }
        assertThat(run.output).doesNotContain("LinkageError", "NoSuch", "NoClassDef", "Caused by");
        assertThat(run.status).isOne();
    }

    private static void assertJacksonIsNamed(Run run) {
        assertThat(run.failure())
                .isEqualTo("java.lang.IllegalStateException: JsonEvents needs Jackson 2: add"
                        + " com.fasterxml.jackson.core:jackson-databind to the class path, or pass the functions of"
                        + " another library to JsonEvents.using");
        assertThat(run.status).isOne();
    }

    // ---- class paths

    /** As with a BOM that manages these artifacts: each old jar takes the place of the new one. */
    private static List<String> withOldNetty(List<String> artifacts) throws IOException {
        List<String> path = new ArrayList<>();
        try (Stream<Path> jars = otherVersions("netty-")) {
            jars.filter(jar -> artifacts.contains(artifactOf(jar.getFileName().toString())))
                    .map(Path::toString)
                    .forEach(path::add);
        }
        assertThat(path).hasSameSizeAs(artifacts);
        Libraries.named(NEEDED).stream()
                .filter(entry -> !artifacts.contains(artifactOf(Libraries.nameOf(entry))))
                .forEach(path::add);
        return path;
    }

    private static List<String> withJackson3() throws IOException {
        List<String> path = new ArrayList<>(Libraries.named(NEEDED));
        path.addAll(Libraries.named(List.of("jackson-annotations"))); // Jackson 3 has the annotations of Jackson 2
        try (Stream<Path> jars = otherVersions("jackson-")) {
            jars.map(Path::toString).forEach(path::add);
        }
        return path;
    }

    private static Stream<Path> otherVersions(String beginning) throws IOException {
        try (Stream<Path> jars = Files.list(OTHER_VERSIONS)) {
            return jars.filter(jar -> jar.getFileName().toString().startsWith(beginning)).sorted().toList().stream();
        }
    }

    /** {@code netty-codec-4.1.138.Final.jar} is the artifact {@code netty-codec}. */
    private static String artifactOf(String jar) {
        return jar.replaceFirst("-\\d+\\..*", "");
    }

    // ---- programs

    private record Run(int status, String output) {

        /** The exception that has ended the program, without its stack. */
        String failure() {
            String begin = "Exception in thread \"main\" ";
            return output.lines()
                    .filter(line -> line.startsWith(begin))
                    .map(line -> line.substring(begin.length()))
                    .collect(Collectors.joining("\n"));
        }
    }

    private static void compile(List<String> classPath, String... programs) {
        List<String> arguments = new ArrayList<>(List.of(
                "-d", classes.toString(), "--release", "17", "-cp", String.join(File.pathSeparator, classPath)));
        for (String program : programs) {
            arguments.add(SOURCES.resolve(program + ".java").toString());
        }
        StringWriter errors = new StringWriter();
        PrintWriter out = new PrintWriter(errors, true);
        int status = ToolProvider.findFirst("javac").orElseThrow().run(out, out, arguments.toArray(String[]::new));
        assertThat(status).as(errors.toString()).isZero();
    }

    private static Run run(String program, List<String> classPath) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        String.join(File.pathSeparator, classPath) + File.pathSeparator + classes,
                        program)
                .redirectErrorStream(true)
                .start();
        try {
            String output = new String(process.getInputStream().readAllBytes());
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(output).isTrue();
            return new Run(process.exitValue(), output);
        } finally {
            process.destroyForcibly();
        }
    }
}
