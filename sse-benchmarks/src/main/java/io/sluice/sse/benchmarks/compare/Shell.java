package io.sluice.sse.benchmarks.compare;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs programs to their end. */
final class Shell {

    private Shell() {}

    /**
     * @return the output of the program
     * @throws IOException if it cannot be started or fails; the message contains the end of its output
     */
    static String run(Path folder, Map<String, String> environment, List<String> command)
            throws IOException, InterruptedException {
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(1, TimeUnit.MINUTES) || process.exitValue() != 0) {
            throw new IOException(command.get(0) + " failed: " + text.substring(Math.max(0, text.length() - 1500)));
        }
        return text;
    }

    static String run(List<String> command) throws IOException, InterruptedException {
        return run(Path.of("").toAbsolutePath(), Map.of(), command);
    }

    /** Whether a program of this name is in the path or in the folders of daemons. */
    static boolean has(String program) {
        return !find(program).isEmpty();
    }

    /** @return its path, or an empty string if there is none */
    static String find(String program) {
        String path = System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/usr/local/sbin";
        for (String folder : path.split(":", -1)) {
            Path candidate = Path.of(folder, program);
            if (Files.isExecutable(candidate)) {
                return candidate.toString();
            }
        }
        return "";
    }
}
