package io.sluice.sse.benchmarks.compare;

import io.sluice.sse.benchmarks.compare.Contender.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The peers over TLS, over HTTP/2 and with gzip. The publisher has a port of its own, in clear text. */
final class ProtocolPeers {

    static final String VERTX_TCNATIVE = "vertx tcnative";

    private static final String JDK = "jdk";
    private static final String TCNATIVE = "tcnative";

    private final Path folder;
    private final Path certificate;
    private final List<String> jvm;

    /** @param folder where the peers were built */
    ProtocolPeers(Path folder, Path certificate, List<String> jvm) {
        this.folder = folder;
        this.certificate = certificate;
        this.jvm = jvm;
    }

    /** @param newer a JDK of version 21 or newer */
    List<Contender> onJava(Optional<Path> newer) {
        Path own = Home.ownJava();
        List<Contender> all = new ArrayList<>();
        for (Need need : List.of(Need.TLS, Need.HTTP2)) {
            all.add(peer("vertx", "vertx", own, tls(JDK)).only(need));
            all.add(peer(VERTX_TCNATIVE, "vertx", own, tls(TCNATIVE)).only(need));
            newer.ifPresent(
                    home -> all.add(peer("helidon", "helidon", home, tls(JDK)).only(need)));
        }
        all.add(peer("undertow", "undertow", own, tls(JDK)).only(Need.TLS));
        for (String name : List.of("vertx", "undertow")) {
            all.add(peer(name, name, own, List.of("-Dgzip=true")).only(Need.GZIP));
        }
        return all;
    }

    private List<String> tls(String provider) {
        return List.of("-Dtls=" + provider, "-Dcertificate=" + certificate, "-Dpassword=" + ProtocolPrograms.PASSWORD);
    }

    private Contender peer(String name, String module, Path home, List<String> properties) {
        Path built = folder.resolve(module);
        List<String> command = new ArrayList<>();
        command.add(Home.java(home).toString());
        command.addAll(jvm);
        command.add("-Dpublish={publish-port}");
        command.addAll(properties);
        command.addAll(
                List.of("-cp", built.resolve("classes") + ":" + built.resolve("lib") + "/*", "peers.Server", "{port}"));
        return Contender.of(name, Kind.PEER, true, command);
    }
}
