package io.sluice.sse.benchmarks.compare;

import picocli.CommandLine.Option;

/** Options that assign the server and the generator to cores. */
final class CoreOptions {

    @Option(names = "--server-core", defaultValue = "0", description = "Default: ${DEFAULT-VALUE}")
    int serverCore;

    @Option(names = "--generator-core", defaultValue = "1", description = "Default: ${DEFAULT-VALUE}")
    int generatorCore;

    Cores cores() {
        return new Cores(serverCore, generatorCore);
    }
}
