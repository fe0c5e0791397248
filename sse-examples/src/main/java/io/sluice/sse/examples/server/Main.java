package io.sluice.sse.examples.server;

/** Starts the bundled server. */
public final class Main {
    private Main() {}

    /**
     * Placeholder until the server exists.
     *
     * @param args ignored
     */
    public static void main(String[] args) {
        System.out.println("sluice " + Main.class.getPackage().getImplementationVersion());
    }
}
