package io.sluice.sse.benchmarks.client;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jol.info.GraphPathRecord;
import org.openjdk.jol.info.GraphWalker;

/** The objects that are reachable from one, without it, by class. */
final class Graph {

    private final Map<Class<?>, Weight> classes = new HashMap<>();

    private Graph() {}

    /** @return weights by the names of the classes */
    static Map<String, Weight> of(Object root) {
        Graph graph = new Graph();
        // Counted here as they come: JOL's own sum goes by addresses, which a collection in between changes.
        new GraphWalker(graph::add).walk(root);
        Map<String, Weight> byName = new TreeMap<>();
        graph.classes.forEach((type, weight) -> byName.merge(name(type), weight, Weight::plus));
        return byName;
    }

    private void add(GraphPathRecord record) {
        classes.merge(record.klass(), new Weight(1, record.size()), Weight::plus);
    }

    /** A lambda's number is another one in each run, and tells nobody anything. */
    static String name(Class<?> type) {
        return type.getTypeName().replaceAll("\\$\\$Lambda.*", "\\$\\$Lambda");
    }
}
