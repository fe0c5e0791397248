package io.sluice.sse.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Each code block of the guide after a marker {@code <!-- snippet: X -->} equals the marked part of test class X. */
class GuideTest {

    private static final Path GUIDE = Path.of("../docs/guide.md");
    private static final Path CLASSES = Path.of("src/test/java/io/sluice/sse/examples");
    private static final Pattern SNIPPET =
            Pattern.compile("<!-- snippet: (\\w+) -->\n+```java\n(.*?)\n```", Pattern.DOTALL);

    @Test
    void theCodeOfTheGuideMatchesTheTestedCode() throws IOException {
        Matcher snippets = SNIPPET.matcher(Files.readString(GUIDE));
        int found = 0;
        for (; snippets.find(); found++) {
            assertThat(snippets.group(2)).as(snippets.group(1)).isEqualTo(marked(snippets.group(1)));
        }
        assertThat(found).isPositive();
    }

    private static String marked(String name) throws IOException {
        List<String> lines = Files.readAllLines(CLASSES.resolve(name + ".java"));
        List<String> stripped = lines.stream().map(String::strip).toList();
        int begin = stripped.indexOf("// GUIDE begin");
        int end = stripped.indexOf("// GUIDE end");
        return String.join("\n", lines.subList(begin + 1, end)).stripIndent();
    }
}
