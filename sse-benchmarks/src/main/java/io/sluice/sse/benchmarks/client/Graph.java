package io.sluice.sse.benchmarks.client;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jol.info.GraphPathRecord;
import org.openjdk.jol.info.GraphWalker;

/** The objects that are reachable from one object, without it, by class. */
final class Graph {

    private final Map<Class<?>, Weight> classes = new HashMap<>();

    private Graph() {}

    /** @return weights by class name */
    static Map<String, Weight> of(Object root) {
        Graph graph = new Graph();
        // Counted during the walk: JOL's own sum uses addresses, which change in a collection.
        new GraphWalker(graph::add).walk(root);
        Map<String, Weight> byName = new TreeMap<>();
        graph.classes.forEach((type, weight) -> byName.merge(name(type), weight, Weight::plus));
        return byName;
    }

    private void add(GraphPathRecord record) {
        classes.merge(record.klass(), new Weight(1, record.size()), Weight::plus);
    }

    /** Removes the number of a lambda, which differs in each run. */
    static String name(Class<?> type) {
        return type.getTypeName().replaceAll("\\$\\$Lambda.*", "\\$\\$Lambda");
    }
}
