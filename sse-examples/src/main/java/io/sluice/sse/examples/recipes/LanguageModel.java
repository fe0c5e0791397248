package io.sluice.sse.examples.recipes;

import java.util.concurrent.TimeUnit;

/** Writes an answer to a prompt. In your program the client of a real model is in its place. */
interface LanguageModel {

    /** Takes the tokens of an answer. */
    interface Tokens {
        /** Takes the next token. It may wait until the reader of the answer has room. */
        void next(String token) throws InterruptedException;
    }

    /** Returns when the answer is complete. Its thread is interrupted when the answer is cancelled. */
    void answer(String prompt, Tokens tokens) throws InterruptedException;

    /** A model that repeats the prompt, three words in a second. */
    static LanguageModel echo() {
        return (prompt, tokens) -> {
            for (String word : prompt.split("(?= )", -1)) {
                tokens.next(word);
                TimeUnit.MILLISECONDS.sleep(300);
            }
        };
    }
}
