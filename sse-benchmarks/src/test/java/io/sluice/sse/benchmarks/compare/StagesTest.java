package io.sluice.sse.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class StagesTest {

    private static final List<Contender> ALL =
            Contenders.ofThisProject(new CPrograms(Path.of("generator"), Path.of("floor"), null), List.of("-Xmx1g"));
    private static final Map<String, Stage> STAGES =
            Stages.full(3, 1).stream().collect(Collectors.toMap(Stage::name, stage -> stage));

    private static List<String> contendersOf(String stage) {
        return ALL.stream()
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
