package io.sluice.sse.examples.server;

/** The server cannot start with an option. The message is one line that names the option as the user wrote it. */
final class BadOptionException extends Exception {

    private static final long serialVersionUID = 1L;

    BadOptionException(String message) {
        super(message.strip().replaceAll("\\s*\\R\\s*", " "));
    }
}
