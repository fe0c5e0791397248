package io.sluice.sse.examples.server;

/** An option that the server cannot start with. The message is one line that names it as the user wrote it. */
final class BadOptionException extends Exception {

    private static final long serialVersionUID = 1L;

    BadOptionException(String message) {
        super(message.strip().replaceAll("\\s*\\R\\s*", " "));
    }
}
