package io.sluice.sse.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReadmeTest {

    private static final Path SNIPPET = Path.of("src/test/java/io/sluice/sse/examples/ReadmeSnippet.java");

    @Test
    void theCodeInTheReadmeMatchesTheCompiledCode() throws IOException {
        assertThat(Files.readString(Path.of("../README.md"))).contains(compiled("README"));
    }

    @Test
    void theRejectingRouteInTheGuideMatchesTheCompiledCode() throws IOException {
        assertThat(Files.readString(Path.of("../docs/guide.md"))).contains(compiled("GUIDE"));
    }

    private static String compiled(String document) throws IOException {
        List<String> lines = Files.readAllLines(SNIPPET);
        int begin = indexOf(lines, "// " + document + " begin");
        int end = indexOf(lines, "// " + document + " end");
        return String.join("\n", lines.subList(begin + 1, end)).stripIndent();
    }

    private static int indexOf(List<String> lines, String marker) {
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).strip().equals(marker)) {
                return i;
            }
        }
        throw new AssertionError("no line " + marker);
    }
}
