package io.sluice.sse.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ProtocolStagesTest {

    private static final CPrograms PROGRAMS = new CPrograms(
            Path.of("generator"),
            Path.of("floor"),
            new ProtocolPrograms(Path.of("generator-protocols"), Path.of("floor-protocols"), Path.of("certificate")));
    private static final List<Contender> ALL = Contenders.ofThisProject(PROGRAMS, List.of("-Xmx1g"));
    private static final Map<String, Stage> STAGES =
            ProtocolStages.all(3, 1).stream().collect(Collectors.toMap(Stage::name, stage -> stage));

    private static List<Contender> contendersOf(String stage) {
        return ALL.stream()
                .filter(contender -> !STAGES.get(stage).of(contender).isEmpty())
                .toList();
    }

    private static List<String> namesOf(String stage) {
        return contendersOf(stage).stream().map(Contender::name).toList();
    }

    @Test
    void aStageIncludesTheContendersOfItsProtocol() {
        assertThat(namesOf("tls"))
                .containsExactly(
                        "floor",
                        "floor-batch",
                        "sluice jdk",
                        "sluice tcnative",
                        "bare-netty jdk",
                        "bare-netty tcnative",
                        "bare-netty jdk single",
                        "bare-netty tcnative single");
        assertThat(namesOf("tls idle")).isEqualTo(namesOf("tls"));
        assertThat(namesOf("h2"))
                .containsExactly(
                        "floor", "floor-batch", "sluice jdk", "sluice tcnative", "bare-netty codec", "bare-netty raw");
        assertThat(namesOf("h2 stalled")).isEqualTo(namesOf("h2"));
        assertThat(namesOf("gzip"))
                .containsExactly(
                        "sluice identity",
                        "sluice gzip",
                        "bare-netty deflaters",
                        "bare-netty deflaters single",
                        "bare-netty compressor");
    }

    @Test
    void thePublisherHasAPortOfItsOwn() {
        for (String stage : STAGES.keySet()) {
            assertThat(contendersOf(stage))
                    .allMatch(Contender::hasPublishPort)
                    .allSatisfy(
                            contender -> assertThat(contender.command(80, 81)).contains("80", "81"));
        }
    }

    /** Their bytes are compared with those of Sluice, whose events have ids. */
    @Test
    void bareNettyCompressesEventsWithIds() {
        assertThat(contendersOf("gzip"))
                .filteredOn(contender -> contender.kind() == Contender.Kind.BARE)
                .hasSize(3)
                .allSatisfy(bare -> assertThat(bare.command(80, 81)).contains("--ids"));
    }

    @Test
    void onlyTheWorkloadsOfTheseStagesUseTheGeneratorWithProtocols() {
        STAGES.values().stream()
                .flatMap(stage -> stage.workloads().stream())
                .forEach(workload -> assertThat(PROGRAMS.generatorOf(workload)).hasToString("generator-protocols"));
        Stages.full(3, 1).stream()
                .flatMap(stage -> stage.workloads().stream())
                .forEach(workload -> assertThat(PROGRAMS.generatorOf(workload)).hasToString("generator"));
    }

    @Test
    void eachTargetHasAWorkloadAndItsServersTakePartInIt() {
        List<Workload> workloads = STAGES.values().stream()
                .flatMap(stage -> stage.workloads().stream())
                .toList();
        for (Target target : ProtocolTargets.all()) {
            Workload workload = workloads.stream()
                    .filter(each -> each.name().equals(target.workload()))
                    .findAny()
                    .orElseThrow();
            List<String> servers = ALL.stream()
                    .filter(contender -> contender.suits().test(workload))
                    .map(Contender::name)
                    .toList();
            Stream.of(target.server(), target.base())
                    .filter(name -> name != null && !name.equals(Target.BEST))
                    .forEach(name -> assertThat(servers).as(target.workload()).contains(name));
            assertThat(ProtocolReport.covers(target.workload())).isTrue();
        }
    }
}
