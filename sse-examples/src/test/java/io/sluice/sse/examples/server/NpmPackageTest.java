package io.sluice.sse.examples.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.sse.Event;
import io.sluice.sse.hub.Hub;
import io.sluice.sse.netty.HttpRoute;
import io.sluice.sse.netty.SseServer;
import io.sluice.sse.netty.StreamRoute;
import java.io.InputStream;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The browser script is packed as an npm package, installed, used by Node, and compiled against by TypeScript. */
@Timeout(180)
class NpmPackageTest {

    private static final List<String> FILES = List.of("package.json", "sluice-client.js", "sluice-client.d.ts");

    @TempDir
    private static Path folder;

    private static Path project;

    @BeforeAll
    static void install() throws Exception {
        Path source = Files.createDirectories(folder.resolve("source"));
        for (String file : FILES) {
            try (InputStream in = HttpRoute.class.getResourceAsStream("/META-INF/resources/sluice-client/" + file)) {
                Files.copy(Objects.requireNonNull(in, file), source.resolve(file));
            }
        }
        project = Files.createDirectories(folder.resolve("project"));
        Files.writeString(project.resolve("package.json"), "{\"private\": true, \"type\": \"module\"}");
        run(source, program("npm"), "pack", "--offline", "--pack-destination", project.toString());
        Path archive;
        try (Stream<Path> files = Files.list(project)) {
            archive = files.filter(file -> file.toString().endsWith(".tgz"))
                    .findFirst()
                    .orElseThrow();
        }
        run(project, program("npm"), "install", "--offline", "--no-audit", "--no-fund", archive.toString());
    }

    @Test
    void nodeReadsAStreamWithIt() throws Exception {
        try (Hub hub = Hub.create();
                SseServer server = SseServer.builder()
                        .hub(hub)
                        .port(0)
                        .streams("/events/**", StreamRoute.topics())
                        .start()) {
            hub.publish("a", Event.of("kept")).toCompletableFuture().join();
            Files.writeString(project.resolve("use.js"), """
                    import { SluiceStream } from 'sluice-client';
                    const stream = new SluiceStream(process.argv[2]);
                    stream.addEventListener('message', event => {
                      console.log(`received ${event.data}`);
                      stream.close();
                    });
                    """);
            String output = run(project, program("node"), "use.js", server.uri() + "/events/a?replay=1");
            assertThat(output).contains("received kept");
        }
    }

    @Test
    void typeScriptAcceptsItsUseAndRejectsItsMisuse() throws Exception {
        Path compiler = typeScript();
        Files.writeString(project.resolve("right.ts"), """
                import { EventParser, SluiceStream } from 'sluice-client';
                const stream = new SluiceStream(new URL('https://example.org/events/a'), {
                  headers: async ({ status }) => ({ Authorization: `Bearer ${status === 401 ? 'new' : 'old'}` }),
                  body: () => JSON.stringify({ prompt: 'x' }), shared: 'name', signal: new AbortController().signal,
                  onState: ({ state, delay }) => { if (state === 'waiting') console.log(delay.toFixed()); },
                });
                stream.addEventListener('message', event => console.log(event.data.length, event.lastEventId));
                new EventParser({ onEvent: (name, data) => console.log(name + data) }).feed('data: x\\n\\n');
                stream.close();
                """);
        Files.writeString(project.resolve("wrong.ts"), """
                import { SluiceStream } from 'sluice-client';
                new SluiceStream('/events/a', { shard: true });
                """);
        Process process = start(
                project,
                program("node"),
                compiler.toString(),
                "right.ts",
                "wrong.ts",
                "--noEmit",
                "--strict",
                "--module",
                "nodenext",
                "--target",
                "es2022",
                "--lib",
                "es2022,dom");
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isNotZero();
        assertThat(output.lines().filter(line -> line.contains("error TS")))
                .as(output)
                .singleElement()
                .asString()
                .startsWith("wrong.ts")
                .contains("'shard'");
    }

    /** Unpacks the compiler, which is a test dependency. */
    private Path typeScript() throws Exception {
        URL license = Objects.requireNonNull(
                getClass().getResource("/META-INF/maven/org.webjars.npm/typescript/pom.properties"));
        URI archive =
                URI.create(license.toString().substring(0, license.toString().indexOf('!')));
        Path target = folder.resolve("typescript");
        try (FileSystem jar = FileSystems.newFileSystem(archive, Map.of());
                Stream<Path> files = Files.walk(jar.getPath("META-INF/resources/webjars/typescript"))) {
            for (Path file : files.filter(NpmPackageTest::isOfCompiler).toList()) {
                // …/webjars/typescript/{version}/…
                Path copy = target.resolve(file.subpath(5, file.getNameCount()).toString());
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy);
            }
        }
        return target.resolve("lib/tsc.js");
    }

    /** The compiler and the declarations of its libraries, without its server and its translations. */
    private static boolean isOfCompiler(Path file) {
        String name = file.getFileName().toString();
        return Files.isRegularFile(file) && name.matches("_?tsc\\.js|package\\.json|lib\\.(.*\\.)?d\\.ts");
    }

    private static String run(Path folder, String... command) throws Exception {
        Process process = start(folder, command);
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(output).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }

    private static Process start(Path folder, String... command) throws Exception {
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().put("npm_config_cache", folder.resolve("cache").toString());
        builder.environment().put("npm_config_update_notifier", "false");
        return builder.start();
    }

    private static String program(String name) {
        Path path = Path.of("/usr/bin", name);
        if (!Files.isExecutable(path)) {
            String missing = "NOT TESTED: there is no " + path;
            assertThat(System.getenv("SLUICE_FORBID_SKIPS")).as(missing).isNull();
            System.err.println(missing);
            Assumptions.abort(missing);
        }
        return path.toString();
    }
}
