package io.sluice.sse.benchmarks.compare;

import io.sluice.sse.benchmarks.bare.BareServer;
import io.sluice.sse.benchmarks.compare.Contender.Kind;
import io.sluice.sse.benchmarks.soak.Main;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Sluice, the floor and bare Netty over TLS, over HTTP/2 and with gzip. */
final class ProtocolContenders {

    static final String SLUICE_JDK = "sluice jdk";
    static final String SLUICE_TCNATIVE = "sluice tcnative";
    static final String SLUICE_IDENTITY = "sluice identity";
    static final String SLUICE_GZIP = "sluice gzip";
    static final String BARE_JDK = "bare-netty jdk";
    static final String BARE_TCNATIVE = "bare-netty tcnative";
    static final String BARE_CODEC = "bare-netty codec";
    static final String BARE_RAW = "bare-netty raw";
    static final String BARE_DEFLATERS = "bare-netty deflaters";
    static final String BARE_DEFLATERS_SINGLE = BARE_DEFLATERS + " single";
    static final String BARE_COMPRESSOR = "bare-netty compressor";

    /** Makes Netty ignore tcnative. */
    private static final String WITHOUT_TCNATIVE = "-Dio.netty.handler.ssl.noOpenSsl=true";

    private final ProtocolPrograms programs;
    private final List<String> jvm;

    private ProtocolContenders(ProtocolPrograms programs, List<String> jvm) {
        this.programs = programs;
        this.jvm = jvm;
    }

    static List<Contender> all(ProtocolPrograms programs, List<String> jvm) {
        ProtocolContenders of = new ProtocolContenders(programs, jvm);
        return Stream.of(of.floors(), of.sluice(), of.bare())
                .flatMap(List::stream)
                .toList();
    }

    private List<Contender> floors() {
        return List.of(
                floor(Contenders.FLOOR, Need.TLS),
                floor(Contenders.FLOOR_BATCH, Need.TLS, "batch"),
                floor(Contenders.FLOOR, Need.HTTP2, "h2"),
                floor(Contenders.FLOOR_BATCH, Need.HTTP2, "h2", "batch"));
    }

    private Contender floor(String name, Need need, String... options) {
        List<String> command = new ArrayList<>(
                List.of(programs.floor().toString(), "{port}", "{publish-port}", "tls=" + programs.certificate()));
        command.addAll(List.of(options));
        return Contender.of(name, Kind.FLOOR, false, command).only(need);
    }

    private List<Contender> sluice() {
        Path certificate = programs.certificate();
        List<String> tls = List.of(
                "--tls-cert", certificate.resolve("cert.pem").toString(),
                "--tls-key", certificate.resolve("key.pem").toString());
        List<String> jdk =
                Stream.concat(jvm.stream(), Stream.of(WITHOUT_TCNATIVE)).toList();
        List<Contender> all = new ArrayList<>();
        for (Need need : List.of(Need.TLS, Need.HTTP2)) {
            all.add(sluice(SLUICE_JDK, jdk, tls).only(need));
            all.add(sluice(SLUICE_TCNATIVE, jvm, tls).only(need));
        }
        all.add(sluice(SLUICE_IDENTITY, jvm, List.of()).only(Need.GZIP));
        all.add(sluice(SLUICE_GZIP, jvm, List.of("--compression", "SHARED")).only(Need.GZIP));
        return all;
    }

    private static Contender sluice(String name, List<String> flags, List<String> options) {
        List<String> command = Contenders.java(flags, Home.jar(), Main.class.getName());
        command.addAll(List.of("serve", "--port", "{port}", "--publish-port", "{publish-port}"));
        command.addAll(options);
        return Contender.of(name, Kind.SLUICE, true, command);
    }

    private List<Contender> bare() {
        return List.of(
                bare(BARE_JDK, Need.TLS, "--tls", "JDK"),
                bare(BARE_TCNATIVE, Need.TLS, "--tls", "OPENSSL_REFCNT"),
                bare(BARE_JDK + " single", Need.TLS, "--tls", "JDK", "--single"),
                bare(BARE_TCNATIVE + " single", Need.TLS, "--tls", "OPENSSL_REFCNT", "--single"),
                bare(BARE_CODEC, Need.HTTP2, "--tls", "OPENSSL_REFCNT", "--http2", "CODEC"),
                bare(BARE_RAW, Need.HTTP2, "--tls", "OPENSSL_REFCNT", "--http2", "RAW"),
                // With ids: bytes are compared, so both must compress the same ones.
                bare(BARE_DEFLATERS, Need.GZIP, "--gzip", "DEFLATERS", "--ids"),
                bare(BARE_DEFLATERS_SINGLE, Need.GZIP, "--gzip", "DEFLATERS", "--single", "--ids"),
                bare(BARE_COMPRESSOR, Need.GZIP, "--gzip", "COMPRESSOR", "--single", "--ids"));
    }

    private Contender bare(String name, Need need, String... options) {
        List<String> command = Contenders.java(jvm, Home.jar(), BareServer.class.getName());
        command.addAll(List.of("--port", "{port}", "--publish-port", "{publish-port}"));
        command.addAll(List.of("--certificate", programs.certificate().toString()));
        command.addAll(List.of(options));
        return Contender.of(name, Kind.BARE, true, command).only(need);
    }
}
