package io.sluice.sse.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class ProfileTest {

    private static final Profile PROFILE = Profile.of(
            "epoll, saturate-10",
            List.of(
                    "[sluice-1-1 tid=7];io/sluice/sse/hub/Pass.run_[j] 10",
                    "[sluice-1-1 tid=7];io/sluice/sse/hub/Pass.run_[j];io/netty/channel/Native.send_[j] 5",
                    "[sluice-1-1 tid=7];io/sluice/sse/hub/Hub.publish_[j];io/sluice/sse/hub/Pass.run_[i] 10",
                    "[sluice-1-1 tid=7];io/netty/channel/Native.send_[j];__x64_sys_sendto_[k];tcp_ack_[k] 15",
                    "[sluice-1-1 tid=7];io/netty/channel/Native.send_[j];__x64_sys_sendto_[k];tcp_v4_[k] 20",
                    "[C2 CompilerThread0 tid=2];libjvm.so`Phase::run 40",
                    ""));

    @Test
    void theShareOfALayerIsRelativeToAllSamples() {
        assertThat(PROFILE.samples()).isEqualTo(100);
        assertThat(PROFILE.share(Layer.KERNEL)).isCloseTo(0.35, within(1e-9));
        assertThat(PROFILE.share(Layer.SSE_CORE)).isCloseTo(0.20, within(1e-9));
        assertThat(PROFILE.share(Layer.GC)).isZero();
        assertThat(PROFILE.seesKernel()).isTrue();
    }

    @Test
    void aSystemCallIsOnePlaceAndTheCompilerIsNotAPlace() {
        assertThat(PROFILE.largest(10))
                .extracting(Profile.Place::name)
                .containsExactly("system call sendto", "Pass.run", "Native.send");
        assertThat(PROFILE.largest(1)).hasSize(1);
    }

    @Test
    void theTableShowsProfilesSideBySide() {
        assertThat(ProfileTable.of(List.of(PROFILE, Profile.of("nothing", List.of()))))
                .startsWith("| layer | epoll, saturate-10 | nothing |\n|---|---:|---:|\n")
                .contains("| sse-core | 20.0 % | 0.0 % |", "| samples | 100 | 0 |")
                .contains("| `system call sendto` | kernel (the system call itself) | 35.0 % |");
    }
}
