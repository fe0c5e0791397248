package io.sluice.sse.benchmarks.soak;

import io.sluice.sse.Event;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * The process in which {@link TopicsCommand} measures a hub with many topics and one with ten. It prints each state
 * that it reaches on standard output, and continues when it reads a line. Between the two the class histogram is taken,
 * while nothing runs.
 */
final class TopicsProcess {

    static final int FEW = 10;

    private static final int ROUNDS = 101;
    private static final int EVENTS_PER_ROUND = 2_000;
    /** A fixed seed. The sequence is so long that a repeated name is no longer in the caches. */
    private static final long SEED = 42;

    private final int topics;
    private final MemoryHub few;
    private final BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    private final Event event = Event.of("x".repeat(100));
    private final SplittableRandom random = new SplittableRandom(SEED);

    private TopicsProcess(int topics) {
        this.topics = topics;
        this.few = new MemoryHub(FEW);
    }

    public static void main(String[] arguments) throws IOException {
        new TopicsProcess(Integer.parseInt(arguments[0])).run();
        System.exit(0);
    }

    private void run() throws IOException {
        fill(few, 0, FEW);
        for (int i = 0; i < 50; i++) { // loads and compiles everything before the first histogram
            publishTo(few, FEW, false);
        }
        reachState("few");
        MemoryHub many = new MemoryHub(topics);
        int tenth = topics / 10;
        long first = fill(many, 0, tenth);
        fill(many, tenth, topics - tenth);
        long last = fill(many, topics - tenth, topics);
        reachState("many");
        time(many);
        print("first creations", first / tenth);
        print("last creations", last / tenth);
        System.out.println("done");
    }

    /** Creates topics by a subscription, and publishes one event to each. @return the duration in nanoseconds */
    private long fill(MemoryHub hub, int from, int to) {
        long begin = System.nanoTime();
        for (int i = from; i < to; i++) {
            hub.subscribe(MemoryHub.name(i));
            hub.publish(MemoryHub.name(i), event);
        }
        return System.nanoTime() - begin;
    }

    /** Measures in turns, so that disturbances of the machine affect all of them alike. */
    private void time(MemoryHub many) {
        long[] ofFew = new long[ROUNDS];
        long[] ofOne = new long[ROUNDS];
        long[] ofRandom = new long[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            ofFew[i] = publishTo(few, FEW, false);
            ofOne[i] = publishTo(many, topics, true);
            ofRandom[i] = publishTo(many, topics, false);
        }
        print("few", median(ofFew));
        print("one of many", median(ofOne));
        print("random of many", median(ofRandom));
    }

    /** @return nanoseconds from publish to delivery per event, as the mean of a round */
    private long publishTo(MemoryHub hub, int count, boolean one) {
        String[] names = new String[EVENTS_PER_ROUND];
        int only = random.nextInt(count);
        for (int i = 0; i < names.length; i++) {
            names[i] = MemoryHub.name(one ? only : random.nextInt(count));
        }
        long before = hub.delivered();
        long begin = System.nanoTime();
        for (String name : names) {
            hub.publish(name, event);
        }
        long took = System.nanoTime() - begin;
        if (hub.delivered() - before != EVENTS_PER_ROUND) {
            throw new AssertionError("delivered " + (hub.delivered() - before) + " of " + EVENTS_PER_ROUND);
        }
        return took / EVENTS_PER_ROUND;
    }

    private static long median(long[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }

    private static void print(String figure, long nanos) {
        System.out.println(figure + "=" + nanos);
    }

    private void reachState(String state) throws IOException {
        System.out.println(state);
        in.readLine();
    }
}
