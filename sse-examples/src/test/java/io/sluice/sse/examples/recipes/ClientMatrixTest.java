package io.sluice.sse.examples.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.examples.NodeProgram;
import io.sluice.sse.examples.server.Browser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.chrome.ChromeDriver;

/** The table of docs/recipes.md is what the client libraries do, in Chromium, in Node and in Java. */
@Timeout(240)
class ClientMatrixTest {

    private static final Path DOCUMENT = Path.of("../docs/recipes.md");
    private static final Pattern TABLE =
            Pattern.compile("<!-- clients: begin -->\n(.*?)<!-- clients: end -->", Pattern.DOTALL);

    /** The table is written to {@code target}, from where it can be copied into the document. */
    @Test
    void theTableOfTheDocumentIsWhatTheClientsDo(@TempDir Path profile) throws Exception {
        Path libraries = NodeProgram.libraries();
        ChromeDriver browser = Browser.open(profile);
        String measured;
        try {
            measured = ClientMatrix.measure(browser, libraries);
        } finally {
            browser.quit();
        }
        Path written = Files.writeString(Path.of("target/client-matrix.md"), measured);
        Matcher table = TABLE.matcher(Files.readString(DOCUMENT));
        assertThat(table.find()).isTrue();
        assertThat(table.group(1)).as("%s and %s", DOCUMENT, written).isEqualTo(measured);
    }
}
