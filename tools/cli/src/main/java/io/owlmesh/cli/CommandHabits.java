// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli;

import io.owlmesh.trainer.monitor.ProgressBar;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What every command has in common: help, version, colours, how wrong usage is told. */
public final class CommandHabits {
  private static final String NO_COLOR = "NO_COLOR";

  private CommandHabits() {}

  /**
   * Picocli's own of this kind must come first in a command that is a method, and here they come
   * last.
   */
  @SuppressWarnings("UnusedVariable")
  private static final class StandardOptions {
    @Option(
        names = {"-h", "--help"},
        usageHelp = true,
        description = "Show this help message and exit.")
    private boolean help;

    @Option(
        names = {"-V", "--version"},
        versionHelp = true,
        description = "Print version information and exit.")
    private boolean version;
  }

  /** Gives them to a command and to all below it. */
  public static void give(CommandLine root, Ansi ansi) {
    standardOptions(root);
    root.setParameterExceptionHandler((wrong, _) -> refuse(wrong));
    root.setColorScheme(Help.defaultColorScheme(ansi));
    root.setExecutionStrategy(parsed -> {
      parsed.asCommandLineList().forEach(CommandHabits::refuseTwice);
      return new CommandLine.RunLast().execute(parsed);
    });
  }

  /** Of {@code llm=2,llm=3}, picocli would take the last. */
  private static void refuseTwice(CommandLine line) {
    for (ArgSpec argument : line.getParseResult().matchedArgs()) {
      if (argument.typeInfo().isMap()) {
        Set<String> names = new HashSet<>();
        for (String pair : pairs(argument)) {
          String name = pair.substring(0, Math.max(0, pair.indexOf('=')));
          if (!names.add(name)) {
            throw new ParameterException(line, "'%s' is given twice.".formatted(name));
          }
        }
      }
    }
  }

  private static List<String> pairs(ArgSpec argument) {
    String between = argument.splitRegex();
    return between.isEmpty()
        ? argument.originalStringValues()
        : argument.originalStringValues().stream()
            .flatMap(given -> Stream.of(given.split(between, -1)))
            .toList();
  }

  private static void standardOptions(CommandLine line) {
    CommandSpec spec = line.getCommandSpec();
    if (!spec.helpCommand()) { // That one has its own.
      spec.addMixin("habits", CommandSpec.forAnnotatedObject(new StandardOptions()));
      spec.versionProvider(CommandHabits::version);
    }
    line.getSubcommands().values().forEach(CommandHabits::standardOptions);
  }

  /** Colours for a terminal, unless the environment has a NO_COLOR that is not empty. */
  static Ansi ansi(Map<String, String> environment, boolean terminal) {
    return terminal && environment.getOrDefault(NO_COLOR, "").isEmpty() ? Ansi.ON : Ansi.OFF;
  }

  public static Ansi ansiOfProcess() {
    return ansi(System.getenv(), ProgressBar.onTerminal());
  }

  private static String[] version() throws IOException {
    try (InputStream file = CommandHabits.class.getResourceAsStream("version.txt")) {
      String ours = new String(Objects.requireNonNull(file).readAllBytes(), StandardCharsets.UTF_8);
      return new String[] {
        "OwlMesh " + ours.strip(),
        "Java %s, %s %s"
            .formatted(
                Runtime.version(), System.getProperty("os.name"), System.getProperty("os.arch"))
      };
    }
  }

  /**
   * One line for a value that cannot be, such as a file that is not there; for a command line that
   * is put together wrongly, also where the right one is told.
   */
  private static int refuse(ParameterException wrong) {
    CommandSpec spec = wrong.getCommandLine().getCommandSpec();
    PrintWriter err = wrong.getCommandLine().getErr();
    err.println(wrong.getMessage());
    if (wrong.getClass() != ParameterException.class || !isAction(spec)) {
      UnmatchedArgumentException.printSuggestions(wrong, err);
      err.printf("Try: ./%s --help%n", spec.qualifiedName());
    }
    err.flush();
    return spec.exitCodeOnInvalidInput();
  }

  /** Whether the command does anything itself; others have only commands below them. */
  private static boolean isAction(CommandSpec spec) {
    return spec.userObject() instanceof Callable<?> || spec.userObject() instanceof Method;
  }
}
