package io.sluice.sse.benchmarks.compare;

import java.io.IOException;

/**
 * Actions at the marks of the generator. The generator waits during an action. Its measurement lies between {@code
 * begin} and {@code end}, or starts at {@code before}.
 */
interface Marks {

    Marks NONE = name -> {};

    /** The generator has reached this mark, and continues when this method returns. */
    void reached(String name) throws IOException, InterruptedException;
}
