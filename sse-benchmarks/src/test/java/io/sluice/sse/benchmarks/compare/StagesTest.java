package io.sluice.sse.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class StagesTest {

    private static final List<Contender> ALL =
            Contenders.ofThisProject(new CPrograms(Path.of("generator"), Path.of("floor"), null), List.of("-Xmx1g"));
    private static final Map<String, Stage> STAGES =
            Stages.full(3, 1).stream().collect(Collectors.toMap(Stage::name, stage -> stage));

    /** As they are built on a machine that has all that they need. */
    private static final List<Contender> PEERS = Stream.concat(
                    Peers.onJava(Path.of("peers"), List.of("-Xmx1g"), Optional.of(Path.of("newer"))).stream(),
                    Stream.of(Peers.betterSse("node", Path.of("peers/better-sse"))))
            .toList();

    private static List<String> contendersOf(String stage) {
        return contendersOf(stage, ALL);
    }

    private static List<String> contendersOf(String stage, List<Contender> contenders) {
        return contenders.stream()
                .filter(contender -> !STAGES.get(stage).of(contender).isEmpty())
                .map(Contender::name)
                .toList();
    }

    @Test
    void aStageIncludesTheContendersThatSupportItsWorkloads() {
        assertThat(contendersOf("load"))
                .containsExactly("floor", "floor-batch", "sluice epoll", "sluice io_uring", "bare-netty");
        assertThat(contendersOf("replay")).containsExactly("floor-replay", "sluice epoll", "sluice io_uring");
        assertThat(contendersOf("topics")).containsExactly("sluice epoll", "sluice io_uring");
        assertThat(contendersOf("tokens")).containsExactly("bare-netty", "sluice epoll", "sluice io_uring");
        assertThat(contendersOf("lanes"))
                .containsExactly(
                        "sluice epoll 1 lane",
                        "sluice io_uring 1 lane",
                        "sluice epoll 2 lanes",
                        "sluice io_uring 2 lanes",
                        "sluice epoll 4 lanes",
                        "sluice io_uring 4 lanes");
    }

    @Test
    void aStageIncludesThePeersThatSupportItsWorkloads() {
        List<String> all = List.of("armeria", "webflux", "vertx", "undertow", "javalin", "helidon", "better-sse");
        for (String stage : List.of("load", "idle", "comers and goers", "large events")) {
            assertThat(contendersOf(stage, PEERS)).as(stage).isEqualTo(all);
        }
        assertThat(contendersOf("tokens", PEERS)).containsExactlyInAnyOrderElementsOf(Peers.WITH_TOKENS);
        for (String stage : List.of("replay", "topics", "lanes")) {
            assertThat(contendersOf(stage, PEERS)).as(stage).isEmpty();
        }
    }

    @Test
    void theCommandOfEachContenderIsComplete() {
        for (Contender contender : Stream.concat(ALL.stream(), PEERS.stream()).toList()) {
            assertThat(contender.command(8081, 8082))
                    .as(contender.name())
                    .anyMatch(part -> part.contains("8081"))
                    .noneMatch(part -> part.contains("{") || part.isBlank());
        }
        assertThat(PEERS)
                .filteredOn(Contender::runsOnJava)
                .hasSize(6)
                .allMatch(peer -> peer.command().contains("-Xmx1g"));
    }

    /** A peer without sources would be left out with a message only. */
    @Test
    void eachPeerHasItsSources() throws IOException {
        String build = Files.readString(Path.of("peers/pom.xml"));
        for (Contender peer : PEERS) {
            Path sources = Path.of("peers", peer.name());
            assertThat(sources).isDirectory();
            assertThat(
                            peer.runsOnJava()
                                    ? build.contains("<module>" + peer.name() + "</module>")
                                    : Files.exists(sources.resolve("server.mjs")))
                    .as(peer.name())
                    .isTrue();
        }
    }

    @Test
    void onlyTheServersOfTheLanesStageMayUseMoreThanOneCore() {
        Cores cores = new Cores(2, 5);
        STAGES.forEach((name, stage) ->
                assertThat(cores.ofServer(stage.workloads())).as(name).isEqualTo(name.equals("lanes") ? "2,5" : "2"));
    }

    @Test
    void theCommandOfALanesContenderHasTheNumberOfLanes() {
        Contender four = ALL.get(ALL.size() - 1);
        assertThat(four.command(80, 81)).endsWith("--threads", "4").contains("io_uring", "80");
    }
}
