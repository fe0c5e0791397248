package io.sluice.sse.benchmarks.compare;

import io.sluice.sse.benchmarks.compare.Contender.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Sluice, the floors and bare Netty: what can be started without building anything of others. */
final class Contenders {

    static final String EPOLL = "sluice epoll";
    static final String IO_URING = "sluice io_uring";
    static final String FLOOR = "floor";
    static final String FLOOR_BATCH = "floor-batch";
    static final String FLOOR_REPLAY = "floor-replay";
    static final String BARE_NETTY = "bare-netty";
    static final String NCHAN = "nchan";

    /** What the bundled server is told beside its port and transport; else everything is as by default. */
    private static final List<String> OPTIONS = List.of("--history-events", "2200", "--max-publish-bytes", "2m");

    private Contenders() {}

    static List<Contender> ofThisProject(CPrograms programs, List<String> jvm) {
        return List.of(
                floor(FLOOR, programs).thatSuits(workload -> !workload.ofTopics() && !workload.ofIds()),
                floor(FLOOR_BATCH, programs, "batch"),
                floor(FLOOR_REPLAY, programs, "replay").thatSuits(Workload::ofIds),
                sluice(EPOLL, Home.jar(), "epoll", jvm),
                sluice(IO_URING, Home.jar(), "io_uring", jvm),
                bareNetty(jvm));
    }

    private static Contender floor(String name, CPrograms programs, String... manner) {
        List<String> command = new ArrayList<>(List.of(programs.floor().toString(), "{port}"));
        command.addAll(List.of(manner));
        return Contender.of(name, Kind.FLOOR, false, command);
    }

    /** @param jar any that holds the bundled server */
    static Contender sluice(String name, Path jar, String transport, List<String> jvm) {
        List<String> command = java(jvm, jar, "io.sluice.sse.examples.server.Main");
        command.addAll(List.of("--port", "{port}", "--transport", transport));
        command.addAll(OPTIONS);
        return Contender.of(name, Kind.SLUICE, true, command).thatSuits(workload -> true);
    }

    static Contender bareNetty(List<String> jvm) {
        List<String> command = java(jvm, Home.jar(), BareNetty.class.getName());
        command.add("{port}");
        return Contender.of(BARE_NETTY, Kind.PEER, true, command);
    }

    private static List<String> java(List<String> jvm, Path jar, String main) {
        List<String> command = new ArrayList<>();
        command.add(Home.java(Home.ownJava()).toString());
        command.addAll(jvm);
        if (Runtime.version().feature() >= 24) {
            command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
        }
        command.addAll(List.of("-cp", jar.toString(), main));
        return command;
    }
}
