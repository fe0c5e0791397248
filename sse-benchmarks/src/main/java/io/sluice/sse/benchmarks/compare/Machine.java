package io.sluice.sse.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The machine and the versions of a measurement, without the name of the machine and without paths. */
final class Machine {

    private final List<String> facts = new ArrayList<>();

    static String describe(List<String> jvm) {
        Machine machine = new Machine();
        machine.hardware();
        machine.facts.add(
                "Servers on core 0 (with lanes: on both), generator on core 1, unless options change this; loopback.");
        machine.facts.add(
                "JVM: " + System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version")
                        + ", `" + String.join(" ", jvm) + "`"
                        + Home.newerJava()
                                .flatMap(Machine::release)
                                .map(version -> "; helidon: JDK " + version)
                                .orElse(""));
        machine.versions();
        return "- " + String.join("\n- ", machine.facts) + "\n";
    }

    private void hardware() {
        String cpu = find(Path.of("/proc/cpuinfo"), "model name\\s*: (.*)").orElse("unknown CPU");
        String memory = find(Path.of("/proc/meminfo"), "MemTotal:\\s*(\\d+) kB")
                .map(kib -> Math.round(Long.parseLong(kib) / (double) (1 << 20)) + " GiB")
                .orElse("unknown memory");
        facts.add(cpu.strip() + ", " + Runtime.getRuntime().availableProcessors() + " cores, " + memory + ", "
                + System.getProperty("os.name") + " " + System.getProperty("os.version"));
    }

    private void versions() {
        List<String> versions = new ArrayList<>();
        try {
            Matcher property = Pattern.compile("<([a-z-]+)\\.version>([^<]+)<")
                    .matcher(Files.readString(Home.module().resolve("peers/pom.xml")));
            while (property.find()) {
                versions.add(property.group(1) + " " + property.group(2));
            }
        } catch (IOException e) {
            versions.add("peers unknown");
        }
        find(Home.module().resolve("peers/better-sse/package.json"), "\"better-sse\": \"([^\"]+)\"")
                .ifPresent(version -> versions.add("better-sse " + version));
        versionOf("node", "v(\\S+)", "--version").ifPresent(version -> versions.add("node " + version));
        versionOf("nginx", "nginx/(\\S+)", "-v").ifPresent(version -> versions.add("nginx " + version));
        versionOf("openssl", "OpenSSL (\\S+)", "version").ifPresent(version -> versions.add("openssl " + version));
        versionOf("cc", "(?s)^([^\n]+)", "--version").ifPresent(versions::add);
        String netty = io.netty.util.Version.identify().values().stream()
                .map(io.netty.util.Version::artifactVersion)
                .findAny()
                .orElse("of this build");
        versions.add("Netty of Sluice and of bare-netty " + netty);
        facts.add("Versions: " + String.join(", ", versions));
    }

    private static Optional<String> versionOf(String program, String pattern, String argument) {
        if (!Shell.has(program)) {
            return Optional.empty();
        }
        try {
            return first(Shell.run(List.of(Shell.find(program), argument)), pattern);
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private static Optional<String> release(Path home) {
        return find(home.resolve("release"), "JAVA_VERSION=\"([^\"]+)\"");
    }

    private static Optional<String> find(Path file, String pattern) {
        try {
            return first(Files.readString(file), pattern);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Optional<String> first(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    }
}
