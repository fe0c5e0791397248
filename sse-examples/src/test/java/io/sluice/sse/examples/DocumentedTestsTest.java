package io.sluice.sse.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** All tests that the pages name exist; each row of docs/reliability.md and docs/ids.md names at least one. */
class DocumentedTestsTest {

    private static final Path ROOT = Path.of("..");
    private static final Pattern NAMED = Pattern.compile("`(\\w+Test)#(\\w+)`");

    @Test
    void eachFaultNamesATest() throws IOException {
        String page = Files.readString(ROOT.resolve("docs/reliability.md"));
        // The table of costs has bounds, and its faults have rows of their own above it.
        int costs = page.indexOf("\n## What input can cost");
        String faults = page.substring(0, costs) + page.substring(page.indexOf("\n## ", costs + 1));
        List<String> rows = faults.lines()
                .filter(line -> line.startsWith("| ") && !line.startsWith("| what happens"))
                .toList();
        assertThat(rows)
                .hasSizeGreaterThan(100)
                .allMatch(row -> NAMED.matcher(row).find());
    }

    @Test
    void eachBoundaryCaseOfIdsNamesATest() throws IOException {
        List<String> rows = Files.readAllLines(ROOT.resolve("docs/ids.md")).stream()
                .filter(line -> line.startsWith("| ") && !line.endsWith(" | test |"))
                .toList();
        assertThat(rows)
                .hasSizeGreaterThan(40)
                .allMatch(row -> NAMED.matcher(row).find());
    }

    @ParameterizedTest
    @CsvSource({"docs/reliability.md, 200", "docs/ids.md, 60", "docs/security.md, 60"})
    void eachNamedTestExists(String page, int atLeast) throws IOException {
        List<String> missing = new ArrayList<>();
        List<Path> sources = testSources();
        Matcher named = NAMED.matcher(Files.readString(ROOT.resolve(page)));
        int count = 0;
        for (; named.find(); count++) {
            String file = named.group(1) + ".java";
            Pattern method =
                    Pattern.compile("@(Test|TestFactory|ParameterizedTest|OverEach\\w+)\\b[^{}]*(\\{[^{}]*}[^{}]*)*"
                            + "\\b(void|Stream<DynamicTest>) " + named.group(2) + "\\(");
            boolean exists = sources.stream()
                    .filter(source -> source.getFileName().toString().equals(file))
                    .anyMatch(source -> method.matcher(read(source)).find());
            if (!exists) {
                missing.add(named.group());
            }
        }
        assertThat(count).isGreaterThan(atLeast);
        assertThat(missing).as("named in " + page).isEmpty();
    }

    private static List<Path> testSources() throws IOException {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (Path tests : modules.map(module -> module.resolve("src/test/java"))
                    .filter(Files::isDirectory)
                    .toList()) {
                try (Stream<Path> files = Files.walk(tests)) {
                    files.filter(file -> file.toString().endsWith("Test.java")).forEach(found::add);
                }
            }
        }
        return found;
    }

    private static String read(Path source) {
        try {
            return Files.readString(source);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
