package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

/**
 * Starts Chromium with its driver. Without {@code chromium} and {@code chromedriver} the tests that need it are
 * skipped. They fail instead if the environment variable {@code SLUICE_FORBID_SKIPS} is set.
 */
public final class Browser {

    private Browser() {}

    /** Opens a browser. Its user closes it. */
    public static ChromeDriver open(Path profile) {
        Path chromium = program("CHROMIUM", "/usr/bin/chromium");
        Path chromedriver = program("CHROMEDRIVER", "/usr/bin/chromedriver");
        ChromeOptions options = new ChromeOptions();
        options.setBinary(chromium.toFile());
        options.addArguments(
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--window-size=1280,900",
                "--user-data-dir=" + profile);
        ChromeDriverService service = new ChromeDriverService.Builder()
                .usingDriverExecutable(chromedriver.toFile())
                .usingAnyFreePort()
                .build();
        return new ChromeDriver(service, options);
    }

    private static Path program(String variable, String usual) {
        Path path = Path.of(System.getenv().getOrDefault(variable, usual));
        if (!Files.isExecutable(path)) {
            String missing = "NOT TESTED in a browser: there is no " + path + " (set " + variable + " to another)";
            assertThat(System.getenv("SLUICE_FORBID_SKIPS")).as(missing).isNull();
            System.err.println(missing);
            Assumptions.abort(missing);
        }
        return path;
    }
}
