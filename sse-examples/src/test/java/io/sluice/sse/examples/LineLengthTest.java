package io.sluice.sse.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Prose has at most 120 columns, so that a diff shows only a few changed lines. */
class LineLengthTest {

    private static final int MOST_COLUMNS = 120;
    private static final Path ROOT = Path.of("..");
    private static final Set<String> NOT_OURS = Set.of("target", "node_modules");

    private static final Pattern LINK_ONLY =
            Pattern.compile("\\s*(?:[-*]\\s+|\\d+\\.\\s+)?!?(?:\\[[^\\]]*]\\([^)]*\\)|<?https?://\\S+>?)[.,;:]?\\s*");
    /** A line of a comment, or code with a comment after it. */
    private static final Pattern COMMENT = Pattern.compile("^\\s*(?:/?\\*|//|<!--)|\\s// ");

    private static final Pattern GENERATED_BEGIN = Pattern.compile("<!-- \\w+: begin -->");
    private static final Pattern GENERATED_END = Pattern.compile("<!-- \\w+: end -->");

    /** Tables, code blocks, links and generated text may be longer. */
    @Test
    void markdownProseHasAtMost120Columns() throws IOException {
        List<Path> pages = files(".md");
        List<String> tooLong = new ArrayList<>();
        for (Path page : pages) {
            boolean code = false;
            boolean generated = false;
            int number = 0;
            for (String line : Files.readAllLines(page)) {
                number++;
                boolean fence = line.strip().startsWith("```");
                code ^= fence;
                generated = (generated || GENERATED_BEGIN.matcher(line).matches())
                        && !GENERATED_END.matcher(line).matches();
                boolean exempt = code
                        || fence
                        || generated
                        || line.strip().startsWith("|")
                        || LINK_ONLY.matcher(line).matches();
                if (!exempt) {
                    check(page, number, line, tooLong);
                }
            }
        }
        assertThat(pages).hasSizeGreaterThan(8);
        assertThat(tooLong).isEmpty();
    }

    /** The formatter wraps the code of Java, but not its comments. */
    @ParameterizedTest
    @CsvSource({".java, 300", ".c, 8", ".h, 1", ".js, 2", ".css, 1", ".html, 1", ".xml, 8"})
    void commentsHaveAtMost120Columns(String ending, int atLeast) throws IOException {
        List<Path> sources = files(ending);
        List<String> tooLong = new ArrayList<>();
        for (Path source : sources) {
            int number = 0;
            for (String line : Files.readAllLines(source)) {
                number++;
                if (COMMENT.matcher(line).find()) {
                    check(source, number, line, tooLong);
                }
            }
        }
        assertThat(sources).hasSizeGreaterThanOrEqualTo(atLeast);
        assertThat(tooLong).isEmpty();
    }

    private static void check(Path file, int number, String line, List<String> tooLong) {
        int columns = line.codePointCount(0, line.length());
        if (columns > MOST_COLUMNS) {
            tooLong.add(ROOT.relativize(file) + ":" + number + ": " + columns + " columns");
        }
    }

    private static List<Path> files(String ending) throws IOException {
        List<Path> found = new ArrayList<>();
        Files.walkFileTree(ROOT, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                String name = directory.getFileName().toString();
                boolean hidden = name.startsWith(".") && !directory.equals(ROOT);
                return hidden || NOT_OURS.contains(name) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (file.getFileName().toString().endsWith(ending)) {
                    found.add(file);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return found;
    }
}
