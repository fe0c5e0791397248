package io.sluice.sse.benchmarks.compare;

import io.sluice.sse.benchmarks.compare.Contender.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Builds the peer servers from {@code sse-benchmarks/peers}. A peer that cannot be built on this machine is left out
 * with a message.
 */
final class Peers {

    private static final List<String> ON_JAVA = List.of("armeria", "webflux", "vertx", "undertow", "javalin");
    private static final String HELIDON = "helidon";
    private static final Set<String> WITH_TOKENS = Set.of("armeria", "webflux", "vertx", HELIDON);
    private static final String BETTER_SSE = "better-sse";

    private final Path sources = Home.module().resolve("peers");
    private final Path folder = Home.work().resolve("peers");
    private final List<String> jvm;
    private final List<Contender> all = new ArrayList<>();

    private Peers(List<String> jvm) {
        this.jvm = jvm;
    }

    /**
     * @param jvm the flags of each virtual machine
     * @param wanted the selected names; nothing is built for the others only
     */
    static List<Contender> build(List<String> jvm, Predicate<String> wanted) throws IOException {
        Peers peers = new Peers(jvm);
        Files.createDirectories(peers.folder);
        if (Stream.concat(ON_JAVA.stream(), Stream.of(HELIDON)).anyMatch(wanted)) {
            peers.attempt("the peers on Java", peers::java);
        }
        if (wanted.test(BETTER_SSE)) {
            peers.attempt(BETTER_SSE, peers::betterSse);
        }
        if (wanted.test(Contenders.NCHAN)) {
            peers.attempt(Contenders.NCHAN, peers::nchan);
        }
        return peers.all.stream().filter(peer -> wanted.test(peer.name())).toList();
    }

    private interface Attempt {
        void run() throws IOException, InterruptedException;
    }

    private void attempt(String what, Attempt attempt) {
        try {
            attempt.run();
        } catch (IOException | IllegalStateException e) {
            System.err.println("LEFT OUT: " + what + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private void java() throws IOException, InterruptedException {
        Optional<Path> newer = Home.newerJava();
        ProcessBuilder maven = new ProcessBuilder("mvn", "-B", "-q", "-Dout=" + folder, "process-classes");
        maven.directory(sources.toFile()).inheritIO();
        maven.environment().put("JAVA_HOME", newer.orElse(Home.ownJava()).toString());
        if (maven.start().waitFor() != 0) {
            throw new IOException("mvn failed");
        }
        for (String name : ON_JAVA) {
            all.add(onJava(name, Home.ownJava()));
        }
        if (newer.isPresent()) {
            all.add(onJava(HELIDON, newer.get()));
        } else {
            System.err.println("LEFT OUT: helidon: needs JDK 21 or newer; set JAVA25_HOME");
        }
    }

    private Contender onJava(String name, Path home) {
        List<String> command = new ArrayList<>();
        command.add(Home.java(home).toString());
        command.addAll(jvm);
        Path built = folder.resolve(name);
        command.addAll(
                List.of("-cp", built.resolve("classes") + ":" + built.resolve("lib") + "/*", "peers.Server", "{port}"));
        Contender peer = Contender.of(name, Kind.PEER, true, command);
        return WITH_TOKENS.contains(name) ? peer.withTokens() : peer;
    }

    private void betterSse() throws IOException, InterruptedException {
        require("npm", "node");
        Path built = Files.createDirectories(folder.resolve("better-sse"));
        for (String file : List.of("package.json", "package-lock.json", "server.mjs")) {
            Files.copy(
                    sources.resolve("better-sse").resolve(file),
                    built.resolve(file),
                    StandardCopyOption.REPLACE_EXISTING);
        }
        Shell.run(built, Map.of(), List.of("npm", "ci", "--no-audit", "--no-fund"));
        all.add(Contender.of(
                BETTER_SSE,
                Kind.PEER,
                true,
                List.of(Shell.find("node"), built.resolve("server.mjs").toString(), "{port}")));
    }

    private void nchan() throws IOException, InterruptedException {
        require("nginx");
        Matcher modules =
                Pattern.compile("--modules-path=(\\S+)").matcher(Shell.run(List.of(Shell.find("nginx"), "-V")));
        Path module = Path.of(modules.find() ? modules.group(1) : "", "ngx_nchan_module.so");
        if (!Files.exists(module)) {
            throw new IOException("nginx lacks its module nchan (Debian: libnginx-mod-nchan)");
        }
        Path built = Files.createDirectories(folder.resolve("nchan"));
        String template = Files.readString(sources.resolve("nchan/nginx.conf"))
                .replace("{folder}", built.toString())
                .replace("{module}", module.toString());
        // The port is known only at start, so the configuration is written then.
        String start = "sed 's/@port@/'\"$1\"'/' \"$0\" > \"$0.of-port\" && exec \"$2\" -p \"$3\" -c \"$0.of-port\"";
        Path configuration = built.resolve("nginx.conf");
        Files.writeString(configuration, template, StandardCharsets.UTF_8);
        all.add(Contender.of(
                        Contenders.NCHAN,
                        Kind.PEER,
                        false,
                        List.of(
                                "sh",
                                "-c",
                                start,
                                configuration.toString(),
                                "{port}",
                                Shell.find("nginx"),
                                built + "/"))
                .thatSuits(workload -> Set.of(Need.IDS, Need.TWO_HISTORIES).containsAll(workload.needs())));
    }

    private static void require(String... programs) throws IOException {
        for (String program : programs) {
            if (!Shell.has(program)) {
                throw new IOException(program + ": not found on this machine");
            }
        }
    }
}
