package io.sluice.sse.benchmarks.client;

import io.sluice.sse.benchmarks.compare.JvmFlags;
import io.sluice.sse.benchmarks.compare.Section;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Shows the objects that a server holds for an idle client. */
@Command(
        name = "client",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description =
                "Measures the memory of an idle client: objects reachable from a server with n and with 2n clients.")
public final class ClientCommand implements Callable<Integer> {

    /**
     * JOL queries the virtual machine in which it runs for the sizes of objects. It reads an annotation of the JDK that
     * pads some of them, and it reads fields of records and lambdas at an offset taken from a class of the same shape.
     */
    private static final List<String> FLAGS = List.of(
            "-Xmx1g",
            "-XX:+UseG1GC",
            "-XX:+EnableDynamicAgentLoading",
            "-Djdk.attach.allowAttachSelf=true",
            "--add-exports=java.base/jdk.internal.vm.annotation=ALL-UNNAMED",
            "-Djol.magicFieldOffset=true");

    @Option(names = "--transport", defaultValue = "epoll", description = "Default: ${DEFAULT-VALUE}")
    String transport = "";

    @Option(
            names = "--clients",
            defaultValue = "1000",
            description = "The number n of clients. Default: ${DEFAULT-VALUE}")
    int clients;

    @Option(names = "--page", paramLabel = "<file>", description = "Writes the table into this page.")
    @Nullable
    Path page;

    @Override
    public Integer call() throws Exception {
        String text = "Measured on " + LocalDate.now() + ": " + transport + ", " + clients + " clients and "
                + 2 * clients + ", " + System.getProperty("java.vm.name") + " "
                + System.getProperty("java.runtime.version") + ".\n\n" + weigh();
        System.out.println(text);
        if (page != null) {
            Section.write(page, "client", text);
        }
        return 0;
    }

    private ClientTable weigh() throws IOException {
        Process process = start();
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
                Writer in = process.outputWriter(StandardCharsets.UTF_8);
                IdleClients idle = new IdleClients(Integer.parseInt(line(out)))) {
            idle.add(clients);
            Map<String, Weight> few = ask(in, out);
            idle.add(clients);
            return new ClientTable(few, ask(in, out), clients);
        } finally {
            process.destroyForcibly();
        }
    }

    private Process start() throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(FLAGS);
        command.addAll(JvmFlags.nativeAccess());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), ServerProcess.class.getName(), transport));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        return process;
    }

    private static Map<String, Weight> ask(Writer in, BufferedReader out) throws IOException {
        in.write('\n');
        in.flush();
        Map<String, Weight> weights = new HashMap<>();
        for (String line = line(out); !line.isEmpty(); line = line(out)) {
            String[] parts = line.split(" ", 3);
            weights.put(parts[2], new Weight(Long.parseLong(parts[0]), Long.parseLong(parts[1])));
        }
        return weights;
    }

    private static String line(BufferedReader out) throws IOException {
        String line = out.readLine();
        if (line == null) {
            throw new IOException("the server process has ended");
        }
        return line;
    }
}
