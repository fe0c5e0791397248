package io.sluice.sse.benchmarks.compare;

import java.io.IOException;

/**
 * What is done at the marks of the generator. It waits meanwhile, and what it measures lies between {@code begin} and
 * {@code end}, or begins at {@code before}.
 */
interface Marks {

    Marks NONE = name -> {};

    /** It has come so far, and goes on when this returns. */
    void reached(String name) throws IOException, InterruptedException;
}
