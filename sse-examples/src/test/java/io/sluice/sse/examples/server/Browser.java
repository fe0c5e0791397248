package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
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

    /**
     * Opens a browser. Its user closes it.
     *
     * @param arguments more of the command line
     */
    public static ChromeDriver open(Path profile, String... arguments) {
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
                "--disable-extensions",
                "--disable-default-apps",
                "--process-per-site",
                "--disable-site-isolation-trials",
                "--disable-features=IsolateOrigins,site-per-process,SpareRendererForSitePerProcess",
                "--window-size=1280,900",
                "--user-data-dir=" + profile);
        options.addArguments(arguments);
        ChromeDriverService service = new ChromeDriverService.Builder()
                .usingDriverExecutable(chromedriver.toFile())
                .usingAnyFreePort()
                .build();
        return new ChromeDriver(service, options);
    }

    /** Waits for a page, at longer intervals than other tests: each look at a page is work for three processes. */
    static ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofSeconds(40)).pollInterval(Duration.ofMillis(50));
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
