package io.sluice.sse.benchmarks.compare;

import io.sluice.sse.benchmarks.compare.Contender.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Builds the peer servers from {@code sse-benchmarks/peers}. A peer that cannot be built on this machine is left out
 * with a message.
 */
final class Peers {

    private static final List<String> ON_JAVA = List.of("armeria", "webflux", "vertx", "undertow", "javalin");
    private static final String HELIDON = "helidon";
    static final List<String> WITH_TOKENS = List.of(HELIDON, "vertx", "webflux", "armeria");
    private static final String BETTER_SSE = "better-sse";

    private final Path sources = Home.module().resolve("peers");
    private final Path folder = Home.work().resolve("peers");
    private final List<String> jvm;
    private final @Nullable Path certificate;
    private final List<Contender> all = new ArrayList<>();

    private Peers(List<String> jvm, @Nullable ProtocolPrograms programs) {
        this.jvm = jvm;
        this.certificate = programs == null ? null : programs.certificate();
    }

    /**
     * @param jvm the flags of each virtual machine
     * @param wanted the selected names; nothing is built for the others only
     * @param programs if not null, there are also peers over TLS, over HTTP/2 and with gzip
     */
    static List<Contender> build(List<String> jvm, Predicate<String> wanted, @Nullable ProtocolPrograms programs)
            throws IOException {
        Peers peers = new Peers(jvm, programs);
        Files.createDirectories(peers.folder);
        if (Stream.of(ON_JAVA, List.of(HELIDON, ProtocolPeers.VERTX_TCNATIVE))
                .flatMap(List::stream)
                .anyMatch(wanted)) {
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
        all.addAll(onJava(folder, jvm, newer));
        if (certificate != null) {
            all.addAll(new ProtocolPeers(folder, certificate, jvm).onJava(newer));
        }
        if (newer.isEmpty()) {
            System.err.println("LEFT OUT: helidon: needs JDK 21 or newer; set JAVA25_HOME");
        }
    }

    /**
     * The peers on Java, in clear text.
     *
     * @param folder where they are built
     * @param newer a JDK of version 21 or newer
     */
    static List<Contender> onJava(Path folder, List<String> jvm, Optional<Path> newer) {
        List<Contender> peers = new ArrayList<>();
        for (String name : ON_JAVA) {
            peers.add(onJava(name, folder, jvm, Home.ownJava()));
        }
        newer.ifPresent(home -> peers.add(onJava(HELIDON, folder, jvm, home)));
        return peers;
    }

    private static Contender onJava(String name, Path folder, List<String> jvm, Path home) {
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
        all.add(betterSse(Shell.find("node"), built));
    }

    static Contender betterSse(String node, Path built) {
        return Contender.of(
                BETTER_SSE,
                Kind.PEER,
                true,
                List.of(node, built.resolve("server.mjs").toString(), "{port}"));
    }

    private void nchan() throws IOException, InterruptedException {
        require("nginx");
        Path built = Files.createDirectories(folder.resolve("nchan"));
        all.addAll(new Nchan(sources.resolve("nchan/nginx.conf"), built, certificate).contenders());
    }

    private static void require(String... programs) throws IOException {
        for (String program : programs) {
            if (!Shell.has(program)) {
                throw new IOException(program + ": not found on this machine");
            }
        }
    }
}
