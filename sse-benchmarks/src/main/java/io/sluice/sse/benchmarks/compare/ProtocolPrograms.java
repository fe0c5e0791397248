package io.sluice.sse.benchmarks.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The C programs for TLS, HTTP/2 and gzip, which need libraries of the machine, and a certificate.
 *
 * @param certificate the folder of {@code cert.pem}, {@code key.pem} and {@code key.p12}, for {@code localhost}
 */
record ProtocolPrograms(Path generator, Path floor, Path certificate) {

    /** The password of the key store. */
    static final String PASSWORD = "changeit";

    private static final List<String> TLS = List.of("-lssl", "-lcrypto");
    private static final List<String> ALL = List.of("-lssl", "-lcrypto", "-lnghttp2", "-lz");

    /** @throws IOException if a library or a program is missing */
    static ProtocolPrograms build() throws IOException, InterruptedException {
        return new ProtocolPrograms(
                CPrograms.compile("generator-protocols", List.of("generator", "generator/protocols"), ALL),
                CPrograms.compile("floor-protocols", List.of("floor-protocols"), TLS),
                certificateFolder());
    }

    /** A self-signed certificate, ECDSA P-256. */
    private static Path certificateFolder() throws IOException, InterruptedException {
        Path folder = Files.createDirectories(Home.work().resolve("certificate"));
        String certificate = folder.resolve("cert.pem").toString();
        String key = folder.resolve("key.pem").toString();
        Path store = folder.resolve("key.p12");
        if (Files.exists(store)) {
            return folder;
        }
        Shell.run(List.of(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "365",
                "-keyout",
                key,
                "-out",
                certificate,
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=DNS:localhost,IP:127.0.0.1"));
        Shell.run(List.of(
                "openssl",
                "pkcs12",
                "-export",
                "-inkey",
                key,
                "-in",
                certificate,
                "-out",
                store.toString(),
                "-passout",
                "pass:" + PASSWORD,
                "-name",
                "localhost"));
        return folder;
    }
}
