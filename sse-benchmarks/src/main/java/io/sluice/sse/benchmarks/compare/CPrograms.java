package io.sluice.sse.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The load generator and the floor servers, compiled from {@code src/main/c} with the machine's compiler. */
record CPrograms(Path generator, Path floor) {

    static CPrograms build() throws IOException, InterruptedException {
        Path sources = Home.module().resolve("src/main/c");
        Path folder = Files.createDirectories(Home.work().resolve("bin"));
        return new CPrograms(
                compile(sources.resolve("generator"), folder.resolve("generator")),
                compile(sources.resolve("floor"), folder.resolve("floor")));
    }

    private static Path compile(Path sources, Path program) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("cc", "-O2", "-Wall", "-o", program.toString()));
        try (Stream<Path> files = Files.list(sources)) {
            files.map(Path::toString)
                    .filter(name -> name.endsWith(".c"))
                    .sorted()
                    .forEach(command::add);
        }
        Shell.run(command);
        return program;
    }
}
