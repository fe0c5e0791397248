package io.sluice.sse.benchmarks.compare;

import io.sluice.sse.benchmarks.compare.Contender.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** nginx with its module nchan, in clear text, over TLS and over HTTP/2. */
final class Nchan {

    /** The ports are known only at start, so the configuration is written then. */
    private static final String START = "sed -e \"s/@port@/$1/\" -e \"s/@publish-port@/$2/\" \"$0\" > \"$0.of-port\""
            + " && exec \"$3\" -p \"$4\" -c \"$0.of-port\"";

    private final Path template;
    private final Path folder;
    private final @Nullable Path certificate;

    /** @param certificate if not null, also over TLS and over HTTP/2 */
    Nchan(Path template, Path folder, @Nullable Path certificate) {
        this.template = template;
        this.folder = folder;
        this.certificate = certificate;
    }

    List<Contender> contenders() throws IOException, InterruptedException {
        List<Contender> all = new ArrayList<>();
        all.add(of("", "", "{port}")
                .thatSuits(workload -> Set.of(Need.IDS, Need.TWO_HISTORIES).containsAll(workload.needs())));
        if (certificate != null) {
            String tls = "ssl_certificate %1$s/cert.pem; ssl_certificate_key %1$s/key.pem; ssl_protocols TLSv1.3;"
                    .formatted(certificate);
            all.add(of(" ssl", tls, "{publish-port}").only(Need.TLS));
            all.add(of(" ssl http2", tls, "{publish-port}").only(Need.HTTP2));
        }
        return all;
    }

    private Contender of(String protocol, String tls, String publishPort) throws IOException, InterruptedException {
        String publishListener = protocol.isEmpty() ? "" : "        listen 127.0.0.1:@publish-port@;";
        Path configuration = folder.resolve("nginx" + protocol.replace(' ', '-') + ".conf");
        String text = Files.readString(template)
                .replace("{folder}", folder.toString())
                .replace("{module}", module().toString())
                .replace("{protocol}", protocol)
                .replace("{tls}", "    " + tls)
                .replace("{publish-listener}", publishListener);
        Files.writeString(configuration, text, StandardCharsets.UTF_8);
        List<String> command = List.of(
                "sh", "-c", START, configuration.toString(), "{port}", publishPort, Shell.find("nginx"), folder + "/");
        return Contender.of(Contenders.NCHAN, Kind.PEER, false, command);
    }

    private static Path module() throws IOException, InterruptedException {
        Matcher modules =
                Pattern.compile("--modules-path=(\\S+)").matcher(Shell.run(List.of(Shell.find("nginx"), "-V")));
        Path module = Path.of(modules.find() ? modules.group(1) : "", "ngx_nchan_module.so");
        if (!Files.exists(module)) {
            throw new IOException("nginx lacks its module nchan (Debian: libnginx-mod-nchan)");
        }
        return module;
    }
}
