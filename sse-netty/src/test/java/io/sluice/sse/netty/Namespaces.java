package io.sluice.sse.netty;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;

/**
 * A client machine, and a router between it and the test, as network namespaces. While the router does not forward,
 * packets vanish without FIN, RST or ICMP. Needs root (or sudo without a password) and iproute2. In a container it also
 * needs the right to create namespaces.
 */
final class Namespaces implements AutoCloseable {

    private static final String PREFIX = "sluice-";
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final int number = COUNT.incrementAndGet();
    private final String router = PREFIX + ProcessHandle.current().pid() + "-" + number + "-r";
    private final String client = PREFIX + ProcessHandle.current().pid() + "-" + number + "-c";
    // at most 15 characters
    private final String ourLink = "sl" + Long.toString(ProcessHandle.current().pid(), 36) + "x" + number;
    private final String net;
    private final Thread atExit = new Thread(this::remove);
    private final List<Process> clients = new ArrayList<>();

    private Namespaces(String net) {
        this.net = net;
    }

    /** Creates the namespaces. If that is impossible the test is skipped, or fails where skips are forbidden. */
    static synchronized Namespaces create() throws IOException { // one at a time, since each finds a free network
        removeLeftovers();
        Namespaces made = new Namespaces(freeNet());
        Runtime.getRuntime().addShutdownHook(made.atExit);
        try {
            made.connect();
        } catch (IOException e) {
            made.close();
            String message =
                    "SKIPPED: no network namespaces here (root, or sudo, and iproute2 are needed): " + e.getMessage();
            if (System.getenv("SLUICE_FORBID_SKIPS") != null && !isSkipAllowed()) {
                throw new AssertionError(message, e);
            }
            System.err.println(message);
            Assumptions.abort(message);
        }
        return made;
    }

    /** CI allows only this skip, by name, after it has found that the kernel denies namespaces even to root. */
    private static boolean isSkipAllowed() {
        return "namespaces".equals(System.getenv("SLUICE_ALLOW_SKIP"));
    }

    private void connect() throws IOException {
        ip("netns", "add", router);
        ip("netns", "add", client);
        ip("link", "add", ourLink, "type", "veth", "peer", "name", "up0", "netns", router);
        ip("-n", router, "link", "add", "down0", "type", "veth", "peer", "name", "eth0", "netns", client);
        ip("addr", "add", net + ".1/30", "dev", ourLink);
        ip("link", "set", ourLink, "up");
        ip("-n", router, "addr", "add", net + ".2/30", "dev", "up0");
        ip("-n", router, "addr", "add", net + ".5/30", "dev", "down0");
        ip("-n", router, "link", "set", "up0", "up");
        ip("-n", router, "link", "set", "down0", "up");
        ip("-n", client, "addr", "add", net + ".6/30", "dev", "eth0");
        ip("-n", client, "link", "set", "eth0", "up");
        ip("-n", client, "route", "add", "default", "via", net + ".5");
        ip("route", "add", net + ".4/30", "via", net + ".2");
        forward(true);
    }

    /** From now on packets between the client machine and the test vanish. */
    void cut() throws IOException {
        forward(false);
    }

    private void forward(boolean on) throws IOException {
        ip("netns", "exec", router, "sh", "-c", "echo " + (on ? 1 : 0) + " > /proc/sys/net/ipv4/ip_forward");
    }

    /** The start of the address of a client on that machine, as a server sees it. */
    String clientAddress() {
        return net + ".6:";
    }

    /** Starts a client on that machine that requests a stream. It writes what it receives to standard output. */
    Process get(int port, String path) throws IOException {
        List<String> command = new ArrayList<>(privileged());
        // The command ends up as one process, so that killing it closes the socket.
        String script = "exec 3<>/dev/tcp/" + net + ".1/" + port + "; printf 'GET " + path
                + " HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' >&3; exec cat <&3";
        command.addAll(List.of("ip", "netns", "exec", client, "bash", "-c", script));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        clients.add(process);
        return process;
    }

    @Override
    public void close() {
        remove();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            // this code runs in the shutdown hook
        }
    }

    private synchronized void remove() {
        clients.forEach(Process::destroyForcibly);
        quietly("link", "del", ourLink);
        quietly("netns", "del", client);
        quietly("netns", "del", router);
    }

    /** Removes the namespaces of a JVM that was killed. */
    private static void removeLeftovers() {
        String list = quietly("netns", "list");
        for (String line : list.split("\n", -1)) {
            String name = line.split(" ", 2)[0];
            if (name.matches(PREFIX + "\\d+-\\d+-[rc]")) {
                long pid = Long.parseLong(name.split("-", -1)[1]);
                if (ProcessHandle.of(pid).isEmpty()) {
                    quietly("netns", "del", name); // this also deletes its link
                }
            }
        }
    }

    /** A part of the test network of RFC 2544 that no other run uses now. */
    private static String freeNet() {
        int start = (int) (ProcessHandle.current().pid() * 7 + COUNT.get()) & 0xff;
        for (int i = 0; i < 256; i++) {
            String net = "198.18." + (start + i & 0xff);
            if (quietly("route", "show", "root", net + ".0/24").isBlank()) {
                return net;
            }
        }
        throw new AssertionError("198.18.0.0/16 is in use");
    }

    private static List<String> privileged() {
        return "root".equals(System.getProperty("user.name")) ? List.of() : List.of("sudo", "-n");
    }

    private static String quietly(String... arguments) {
        try {
            return run(arguments);
        } catch (IOException e) {
            return "";
        }
    }

    private void ip(String... arguments) throws IOException {
        run(arguments);
    }

    private static String run(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(privileged());
        command.add("ip");
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException(String.join(" ", command) + ": " + output.strip());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        return output;
    }
}
