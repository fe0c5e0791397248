package io.sluice.sse.netty;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A real nginx in front of one server. It keeps its connections to the server for later requests. */
final class Nginx implements AutoCloseable {

    /** One process, which writes into its folder only; so it needs no rights. */
    private static final String CONFIGURATION = """
            daemon off;
            master_process off;
            pid {folder}/nginx.pid;
            error_log {folder}/error.log info;
            events { worker_connections 64; }
            http {
                access_log off;
                client_body_temp_path {folder}/body;
                proxy_temp_path {folder}/proxy;
                fastcgi_temp_path {folder}/fastcgi;
                uwsgi_temp_path {folder}/uwsgi;
                scgi_temp_path {folder}/scgi;
                upstream sluice {
                    server 127.0.0.1:{upstream} max_fails=0;
                    keepalive 4;
                }
                server {
                    listen 127.0.0.1:{port};
                    client_max_body_size 0;
                    location / {
                        proxy_pass http://sluice;
                        proxy_http_version 1.1;
                        proxy_set_header Connection "";
                        proxy_set_header Host $host;
                        proxy_buffering off;
                        proxy_request_buffering {request-buffering};
                    }
                }
            }
            """;

    private final ForeignProgram program;
    private final int port;

    private Nginx(ForeignProgram program, int port) {
        this.program = program;
        this.port = port;
    }

    /** @param buffersRequests whether it reads a request completely before it connects to the server */
    static Nginx start(Path folder, int upstream, boolean buffersRequests) throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Path configuration = Files.writeString(
                folder.resolve("nginx.conf"),
                CONFIGURATION
                        .replace("{folder}", folder.toString())
                        .replace("{upstream}", String.valueOf(upstream))
                        .replace("{port}", String.valueOf(port))
                        .replace("{request-buffering}", buffersRequests ? "on" : "off"));
        ForeignProgram program = ForeignProgram.start(
                folder, "nginx", List.of("-p", folder.toString(), "-e", "stderr", "-c", configuration.toString()));
        await("nginx listens").until(() -> isListening(port));
        return new Nginx(program, port);
    }

    private static boolean isListening(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    int port() {
        return port;
    }

    @Override
    public void close() {
        program.close();
    }
}
