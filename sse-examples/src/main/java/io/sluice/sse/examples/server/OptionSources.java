package io.sluice.sse.examples.server;

import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Where the values of options come from: the command line, otherwise an environment variable. An error names an option
 * as the user wrote it.
 */
final class OptionSources {

    private final CommandLine line;
    private final Map<String, String> environment;

    /** @param line of the object whose fields are the options */
    OptionSources(CommandLine line, Map<String, String> environment) {
        this.line = line;
        this.environment = environment;
    }

    /**
     * Parses the options.
     *
     * @throws BadOptionException if an option is unknown or its value is invalid; the message names the option as it
     *     was written
     */
    void parse(String version, String... arguments) throws BadOptionException {
        line.setExpandAtFiles(false);
        line.setInterpolateVariables(false); // a token may contain any character
        line.registerConverter(Duration.class, DurationText::parse);
        line.getCommandSpec().version(version);
        line.setDefaultValueProvider(argument ->
                argument instanceof OptionSpec option ? environment.get(variable(option.longestName())) : null);
        try {
            line.parseArgs(arguments);
        } catch (ParameterException e) {
            String help = e instanceof UnmatchedArgumentException ? " (--help lists the options)" : "";
            throw new BadOptionException(e.getMessage() + sourceOf(e.getArgSpec(), arguments) + help);
        }
    }

    /** What an error adds if the value is from the environment. */
    private String sourceOf(@Nullable ArgSpec argument, String... arguments) {
        if (!(argument instanceof OptionSpec option)
                || Arrays.stream(arguments).anyMatch(given -> given.startsWith(option.longestName()))) {
            return "";
        }
        String variable = variable(option.longestName());
        return environment.containsKey(variable) ? " (from the environment variable " + variable + ")" : "";
    }

    private static String variable(String option) {
        return "SLUICE_" + option.substring(2).replace('-', '_').toUpperCase(Locale.ROOT);
    }

    /** Names of environment variables that look like options but are not, sorted. */
    List<String> unknownVariables() {
        Set<String> known = new HashSet<>(Set.of("SLUICE_LOG_LEVEL")); // read by LogSetup
        line.getCommandSpec().options().forEach(option -> known.add(variable(option.longestName())));
        return environment.keySet().stream()
                .filter(name -> name.startsWith("SLUICE_") && !known.contains(name))
                .sorted()
                .toList();
    }

    /** The output of {@code --help}. */
    String usage() {
        return line.getUsageMessage(CommandLine.Help.Ansi.OFF);
    }

    /**
     * The values of a repeatable option. An environment variable cannot be repeated, so it has a separator between
     * values; on the command line the separator is part of the value.
     */
    List<String> repeated(String option, List<String> values, String separator) {
        return isOnLine(option)
                ? values
                : values.stream()
                        .flatMap(value -> Arrays.stream(value.split(separator)))
                        .toList();
    }

    /** The value as the user wrote it; null if the command line has the option without a value. */
    @Nullable
    String typed(String option) {
        if (!isOnLine(option)) {
            return environment.getOrDefault(variable(option), "");
        }
        List<String> typed = line.getParseResult().matchedOption(option).originalStringValues();
        return typed.isEmpty() ? null : typed.get(0);
    }

    /** The option as the user wrote it: its name, or the environment variable that sets it. */
    String named(String option) {
        return isOnLine(option) || !environment.containsKey(variable(option))
                ? option
                : variable(option) + " (" + option + ")";
    }

    private boolean isOnLine(String option) {
        return line.getParseResult().hasMatchedOption(option);
    }
}
