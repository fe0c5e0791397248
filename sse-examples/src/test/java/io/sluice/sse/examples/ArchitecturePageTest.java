package io.sluice.sse.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The paths in docs/architecture.md name files that exist. */
class ArchitecturePageTest {

    private static final Path ROOT = Path.of("..");
    /** A package below {@code io.sluice.sse}, a slash, and a class, perhaps with a method. */
    private static final Pattern NAMED = Pattern.compile("`([a-z0-9.]+)/([A-Z]\\w+)(?:\\.(\\w+))?`");

    @Test
    void eachFileOnAPathExists() throws IOException {
        List<MatchResult> named = NAMED.matcher(Files.readString(ROOT.resolve("docs/architecture.md")))
                .results()
                .toList();
        assertThat(named).hasSizeGreaterThan(80).allSatisfy(ArchitecturePageTest::assertExists);
    }

    private static void assertExists(MatchResult name) throws IOException {
        String module = name.group(1).startsWith("netty") ? "sse-netty" : "sse-core";
        String folder = name.group(1).equals("sse") ? "" : name.group(1).replace('.', '/') + "/";
        Path file = ROOT.resolve(module + "/src/main/java/io/sluice/sse/" + folder + name.group(2) + ".java");
        assertThat(file).isRegularFile();
        if (name.group(3) != null) {
            assertThat(Files.readString(file)).contains(" " + name.group(3) + "(");
        }
    }
}
