package io.sluice.sse.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The load generator and the floor servers, compiled from {@code src/main/c} with the machine's compiler.
 *
 * @param protocols those with TLS, HTTP/2 and gzip, which need libraries; null if they were not built
 */
record CPrograms(Path generator, Path floor, @Nullable ProtocolPrograms protocols) {

    private static final Path SOURCES = Home.module().resolve("src/main/c");

    static CPrograms build() throws IOException, InterruptedException {
        return new CPrograms(
                compile("generator", List.of("generator", "generator/clear"), List.of()),
                compile("floor", List.of("floor"), List.of()),
                null);
    }

    CPrograms with(ProtocolPrograms built) {
        return new CPrograms(generator, floor, built);
    }

    Path generatorOf(Workload workload) {
        return protocols != null && workload.needsProtocols() ? protocols.generator() : generator;
    }

    /**
     * @param folders all C files in them belong to the program
     * @param libraries options of the linker
     */
    static Path compile(String name, List<String> folders, List<String> libraries)
            throws IOException, InterruptedException {
        Path program = Files.createDirectories(Home.work().resolve("bin")).resolve(name);
        List<String> command = new ArrayList<>(List.of("cc", "-O2", "-Wall", "-o", program.toString()));
        for (String folder : folders) {
            try (Stream<Path> files = Files.list(SOURCES.resolve(folder))) {
                files.map(Path::toString)
                        .filter(file -> file.endsWith(".c"))
                        .sorted()
                        .forEach(command::add);
            }
        }
        command.addAll(libraries);
        Shell.run(command);
        return program;
    }
}
