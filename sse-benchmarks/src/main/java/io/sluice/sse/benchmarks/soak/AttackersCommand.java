package io.sluice.sse.benchmarks.soak;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The process of {@link Attackers}. It prints how much work was done when its standard input ends. */
@Command(name = "attackers", hidden = true, description = "Attacks a server until the standard input ends.")
final class AttackersCommand implements Callable<Integer> {

    @Option(names = "--attack", required = true)
    Attack attack = Attack.FLOOD;

    @Option(names = "--port", required = true)
    int port;

    @Override
    public Integer call() throws IOException {
        AttackSite site = new AttackSite(port);
        Thread begin = new Thread(() -> attack.run(site), "attack"); // an attack may take longer to begin than it lasts
        begin.setDaemon(true);
        begin.start();
        System.in.readAllBytes();
        site.close();
        System.out.println(site.work());
        return 0;
    }
}
