package io.sluice.sse.benchmarks.compare;

import io.sluice.sse.benchmarks.compare.Contender.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Sluice, the floor servers and bare Netty: contenders that need no build of other projects. */
final class Contenders {

    static final String EPOLL = "sluice epoll";
    static final String IO_URING = "sluice io_uring";
    static final String FLOOR = "floor";
    static final String FLOOR_BATCH = "floor-batch";
    static final String FLOOR_REPLAY = "floor-replay";
    static final String BARE_NETTY = "bare-netty";
    static final String NCHAN = "nchan";

    /** The numbers of lanes on two cores. More lanes than cores are included, because a machine may have other work. */
    static final List<Integer> LANES = List.of(1, 2, 4);

    /** Options of the bundled server in addition to its port and transport; everything else has its default. */
    private static final List<String> OPTIONS = List.of("--history-events", "2200", "--max-publish-bytes", "2m");

    private Contenders() {}

    static List<Contender> ofThisProject(CPrograms programs, List<String> jvm) {
        List<Contender> all = new ArrayList<>(List.of(
                floor(FLOOR, programs),
                floor(FLOOR_BATCH, programs, "batch"),
                floor(FLOOR_REPLAY, programs, "replay").thatSuits(workload -> workload.needs(Need.IDS)),
                sluice(EPOLL, Home.jar(), "epoll", jvm),
                sluice(IO_URING, Home.jar(), "io_uring", jvm),
                bareNetty(jvm),
                tokens(EPOLL, "epoll", jvm),
                tokens(IO_URING, "io_uring", jvm)));
        for (int lanes : LANES) {
            all.add(sluiceOfLanes("epoll", lanes, jvm));
            all.add(sluiceOfLanes("io_uring", lanes, jvm));
        }
        if (programs.protocols() != null) {
            all.addAll(ProtocolContenders.all(programs.protocols(), jvm));
        }
        return List.copyOf(all);
    }

    private static Contender floor(String name, CPrograms programs, String... mode) {
        List<String> command = new ArrayList<>(List.of(programs.floor().toString(), "{port}"));
        command.addAll(List.of(mode));
        return Contender.of(name, Kind.FLOOR, false, command);
    }

    /** @param jar any jar that contains the bundled server */
    static Contender sluice(String name, Path jar, String transport, List<String> jvm) {
        List<String> command = java(jvm, jar, "io.sluice.sse.examples.server.Main");
        command.addAll(List.of("--port", "{port}", "--transport", transport));
        command.addAll(OPTIONS);
        return Contender.of(name, Kind.SLUICE, true, command)
                .thatSuits(workload ->
                        !workload.needs(Need.BOTH_CORES) && !workload.needs(Need.TOKENS) && !workload.needsProtocols());
    }

    /** The bundled server has no route for many events and no sources, so token streams have a server of their own. */
    private static Contender tokens(String name, String transport, List<String> jvm) {
        List<String> command = java(jvm, Home.jar(), TokenServer.class.getName());
        command.addAll(List.of("{port}", transport));
        return Contender.of(name, Kind.SLUICE, true, command).thatSuits(workload -> workload.needs(Need.TOKENS));
    }

    /** A number of event loops, each of them a lane, on as many cores as the workload allows. */
    private static Contender sluiceOfLanes(String transport, int lanes, List<String> jvm) {
        List<String> command =
                new ArrayList<>(sluice("", Home.jar(), transport, jvm).command());
        command.addAll(List.of("--threads", Integer.toString(lanes)));
        return Contender.of(ofLanes(transport, lanes), Kind.SLUICE, true, command)
                .thatSuits(workload -> workload.needs(Need.BOTH_CORES));
    }

    /** The name of Sluice over this transport with this number of lanes. */
    static String ofLanes(String transport, int lanes) {
        return "sluice " + transport + " " + lanes + (lanes == 1 ? " lane" : " lanes");
    }

    static Contender bareNetty(List<String> jvm) {
        List<String> command = java(jvm, Home.jar(), BareNetty.class.getName());
        command.add("{port}");
        return Contender.of(BARE_NETTY, Kind.PEER, true, command).withTokens();
    }

    static List<String> java(List<String> jvm, Path jar, String main) {
        List<String> command = new ArrayList<>();
        command.add(Home.java(Home.ownJava()).toString());
        command.addAll(jvm);
        command.addAll(JvmFlags.nativeAccess());
        command.addAll(List.of("-cp", jar.toString(), main));
        return command;
    }
}
