package io.sluice.sse.benchmarks.compare;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StackTest {

    private static final String LANE = "[sluice-1-1 tid=7];java/lang/Thread.run_[j];io/netty/channel/Loop.run_[j];";

    private static Stack stack(String frames) {
        return Stack.parse(frames + " 3");
    }

    @Test
    void aLineEndsWithTheCount() {
        Stack stack = Stack.parse("[C2 CompilerThread0 tid=1];libjvm.so`void Phase<int, int>::run 42");
        assertThat(stack.samples()).isEqualTo(42);
        assertThat(stack.frames()).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "io/sluice/sse/hub/Pass.run_[j] | SSE_CORE",
                "io/sluice/sse/hub/Pass.run_[j];io/sluice/sse/netty/NettySink.write_[i] | SSE_NETTY",
                "io/sluice/sse/netty/NettySink.write_[j];io/netty/channel/Native.send_[j] | NETTY",
                "io/sluice/sse/examples/server/PublishRoute.run_[j] | OTHER",
                "com/fasterxml/jackson/core/Parser.next_[j] | OTHER",
                // code that works for its caller counts for the caller
                "io/sluice/sse/hub/Pass.run_[j];java/util/ArrayList.add_[i] | SSE_CORE",
                "io/sluice/sse/hub/Pass.run_[j];vtable stub | SSE_CORE",
                "io/sluice/sse/hub/Pass.run_[j];libjvm.so`SharedRuntime::resolve | SSE_CORE",
                "java/lang/System.nanoTime_[0] | NETTY",
                "io/netty/channel/Native.send_[j];libnetty_transport.so`netty_send | NATIVE",
                "io/netty/channel/Native.send_[j];libc.so.6`__memmove_avx | NATIVE",
                "io/netty/channel/Native.send_[j];libjvm.so`jni_GetObjectField | NATIVE",
                "io/sluice/sse/hub/Pass.run_[j];libjvm.so`G1RemSet::refine_card | GC",
                "io/netty/channel/Native.send_[j];libc.so.6`__send | NATIVE",
                "io/netty/channel/Native.send_[j];libc.so.6`__send;do_syscall_64_[k];tcp_ack_[k] | KERNEL"
            })
    void aStackOfALaneBelongsToALayer(String frames, Layer layer) {
        assertThat(stack(LANE + frames).layer(true)).isEqualTo(layer);
    }

    @Test
    void theWrapperOfASystemCallStandsForTheKernelWhenItIsNotVisible() {
        Stack send = stack(LANE + "io/netty/channel/Native.send_[j];libc.so.6`__libc_send");
        assertThat(send.layer(false)).isEqualTo(Layer.KERNEL);
        assertThat(send.place(false)).isEqualTo("system call send");
        assertThat(stack(LANE + "io/netty/Native.wait_[j];libc.so.6`epoll_wait").layer(false))
                .isEqualTo(Layer.KERNEL);
        assertThat(stack(LANE + "io/netty/Native.copy_[j];libc.so.6`__memcpy").layer(false))
                .isEqualTo(Layer.NATIVE);
    }

    @Test
    void threadsOfTheVirtualMachineCountAsCompilerOrCollector() {
        assertThat(stack("[C1 CompilerThread0 tid=1];futex_wait_[k]").layer(true))
                .isEqualTo(Layer.COMPILER);
        assertThat(stack("[GC Thread#0 tid=1];libc.so.6`memcpy").layer(true)).isEqualTo(Layer.GC);
        assertThat(stack("[G1 Refine#0 tid=1];libjvm.so`x").layer(true)).isEqualTo(Layer.GC);
        assertThat(stack("[VM Periodic Tas tid=1];libjvm.so`x").layer(true)).isEqualTo(Layer.OTHER);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "io/sluice/sse/hub/HubLane$$Lambda$3.0x00007f5e42.run_[i] | HubLane$$Lambda$3.run",
                "libc.so.6`__memmove_avx | libc.so.6 __memmove_avx",
                "libc.so.6`__send;do_syscall_64_[k];__x64_sys_sendto_[k];__sys_sendto_[k];tcp_ack_[k] | system call sendto",
                "io/netty/Loop.run_[j];asm_exc_page_fault_[k];handle_mm_fault_[k] | kernel asm_exc_page_fault"
            })
    void aPlaceHasAReadableName(String frames, String place) {
        assertThat(stack(LANE + frames).place(true)).isEqualTo(place);
    }
}
