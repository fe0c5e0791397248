package io.sluice.sse;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Collection;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.infra.Status;
import org.openjdk.jcstress.infra.TestInfo;
import org.openjdk.jcstress.infra.collectors.TestResult;
import org.openjdk.jcstress.infra.runners.ForkedTestConfig;
import org.openjdk.jcstress.infra.runners.Runner;
import org.openjdk.jcstress.infra.runners.SpinLoopStyle;
import org.openjdk.jcstress.infra.runners.TestList;

/**
 * Runs the stress tests ({@code *Stress}). For each, jcstress takes many samples of threads that access the same state
 * concurrently. An outcome that a stress test does not list as acceptable fails here.
 *
 * <p>This is the short run, in this JVM and with its default compiler settings. {@code -Dsluice.stress.millis=…} makes
 * it longer. {@code -Dsluice.stress.only=…} runs only tests with this text in their names. The jcstress program,
 * described in CONTRIBUTING, also varies compilers and flags.
 */
@Tag("optimizing-compiler")
class StressTest {

    private static final int MILLIS = Integer.getInteger("sluice.stress.millis", 200);

    private static final int FEWEST_SAMPLES = 100;

    /** How many states are created before the threads run over them: at most so many strides, and so many bytes. */
    private static final int STRIDE = 256;

    private static final int STRIDES = 4;

    private static final int STATES_MEGABYTES = 8;

    private static final String ONLY = System.getProperty("sluice.stress.only", "");

    static Collection<String> stressTests() {
        return TestList.tests().stream().filter(name -> name.contains(ONLY)).toList();
    }

    @ParameterizedTest
    @MethodSource("stressTests")
    void onlyAcceptableOutcomes(String name) throws Exception {
        TestInfo info = TestList.getInfo(name);
        // A busy machine takes few samples in the time of one run.
        for (long samples = 0; samples <= FEWEST_SAMPLES; ) {
            TestResult result = run(info);
            checkOutcomes(name, info, result);
            samples += result.getTotalCount();
        }
    }

    private static void checkOutcomes(String name, TestInfo info, TestResult result) {
        assertThat(result.status()).as(name + ": " + result.getMessages()).isEqualTo(Status.NORMAL);
        assertThat(result.getTotalCount()).as("samples").isPositive();
        for (String outcome : result.getStateKeys()) {
            assertThat(expected(info, outcome))
                    .as("%s: \"%s\", %d of %d samples", name, outcome, result.getCount(outcome), result.getTotalCount())
                    .isEqualTo(Expect.ACCEPTABLE);
        }
    }

    private static Expect expected(TestInfo info, String outcome) {
        return info.cases().stream()
                .filter(expected -> expected.matches(outcome))
                .map(expected -> expected.expect())
                .findFirst()
                .orElse(Expect.FORBIDDEN);
    }

    private static TestResult run(TestInfo info) throws ReflectiveOperationException, IOException {
        Runner<?> runner = (Runner<?>) Class.forName(info.generatedRunner())
                .getConstructor(ForkedTestConfig.class)
                .newInstance(config(info));
        return runner.run();
    }

    /** As jcstress sends it to its JVMs. The parser of its options would keep all processors busy to count them. */
    private static ForkedTestConfig config(TestInfo info) throws IOException {
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(sent)) {
            // Threads that wait for each other yield, because another JVM that runs tests needs the processors too.
            out.writeInt(SpinLoopStyle.THREAD_YIELD.ordinal());
            out.writeInt(MILLIS);
            out.writeInt(1); // iterations
            out.writeUTF(info.generatedRunner());
            out.writeInt(STATES_MEGABYTES);
            out.writeInt(STRIDE);
            out.writeInt(STRIDES);
            out.writeBoolean(false); // threads run on any processor
        }
        return new ForkedTestConfig(new DataInputStream(new ByteArrayInputStream(sent.toByteArray())));
    }
}
