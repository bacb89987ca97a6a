// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.cli.option.Home;
import io.owlmesh.cli.option.StandardInput;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

class CommandHabitsTest {
  private OwlCalls owl;
  private Path home;

  @BeforeEach
  void useFreshHome(@TempDir Path folder) {
    home = folder;
    owl = new OwlCalls(folder);
  }

  /** Every command by its words: "", "up", "checkpoint inspect". */
  static List<List<String>> commands() {
    List<List<String>> found = new ArrayList<>();
    StandardInput none = new StandardInput(InputStream.nullInputStream(), true);
    collect(Owl.commandLine(new Home(Path.of("")), none, Ansi.OFF), List.of(), found);
    return found;
  }

  private static void collect(CommandLine line, List<String> words, List<List<String>> found) {
    found.add(words);
    line.getSubcommands()
        .forEach((name, below) -> {
          if (!below.getCommandSpec().helpCommand()) {
            List<String> longer = new ArrayList<>(words);
            longer.add(name);
            collect(below, longer, found);
          }
        });
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandTellsItsUsage(List<String> words) {
    for (String flag : List.of("-h", "--help")) {
      OwlCalls call = new OwlCalls(home);
      assertThat(call.call(with(words, flag))).as("%s %s", words, flag).isZero();
      assertThat(call.out.toString()).startsWith("Usage: " + String.join(" ", with(words, "owl")));
      assertThat(call.err.toString()).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandTellsTheVersion(List<String> words) {
    assertThat(owl.call(with(words, "--version"))).isZero();
    assertThat(owl.out.toString()).matches("(?s)OwlMesh \\d+\\.\\d+\\.\\d+\\S*\\RJava \\d+.*");
  }

  /** "owl" goes to the front, anything else to the end. */
  private static String[] with(List<String> words, String more) {
    List<String> all = new ArrayList<>(words);
    all.add(more.equals("owl") ? 0 : all.size(), more);
    return all.toArray(String[]::new);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ask --image no-such-file X",
        "ask --image / X",
        "bench --image no-such-file",
        "bench orchestrator --json no-such-folder/x.json --requests 0",
        "up --checkpoint no-such-file",
        "up --checkpoint .",
        "checkpoint random --preset no-such-preset target/x",
        "verify --golden no-such-file",
        "train no-such-file",
        "data check no-such-file --tokenizer no-such-file",
        "eval --test no-such-file --checkpoint no-such-file",
        "owleval answer no-such-file --out x --checkpoint no-such-file",
        "owleval grade no-such-file --answers no-such-file --html x.html",
        "owleval tally no-such-file no-such-file --answers no-such-file",
        "ask --address nowhere X",
        "ask --max-new-tokens many X",
        "bench --llm nowhere"
      })
  void whatCannotBeReadIsToldInOneLine(String line) {
    assertThat(owl.call(line.split(" ", -1))).isIn(1, 2);
    assertThat(owl.err.toString().lines()).hasSize(1).first().asString().isNotBlank();
    assertThat(owl.err.toString()).doesNotContain("Usage", "Exception");
    assertThat(owl.out.toString()).doesNotContain("Usage");
  }

  @ParameterizedTest
  @ValueSource(strings = {"aks X", "status --jsn", "sessions show", "train", "checkpoint"})
  void aCommandLineThatIsWrongPointsToTheHelp(String line) {
    assertThat(owl.call(line.split(" ", -1))).isEqualTo(2);
    assertThat(owl.err.toString().lines().toList().getLast()).matches("Try: ./owl.* --help");
    assertThat(owl.err.toString()).doesNotContain("Usage");
  }

  @Test
  void helpIsColouredOnATerminalUnlessTheEnvironmentSaysNo() {
    assertThat(help(CommandHabits.ansi(Map.of(), true))).contains("\u001b[");
    assertThat(help(CommandHabits.ansi(Map.of("NO_COLOR", ""), true))).contains("\u001b[");
    assertThat(help(CommandHabits.ansi(Map.of("NO_COLOR", "1"), true))).doesNotContain("\u001b");
    assertThat(help(CommandHabits.ansi(Map.of(), false))).doesNotContain("\u001b");
  }

  private String help(Ansi ansi) {
    StringWriter out = new StringWriter();
    CommandLine line = Owl.commandLine(new Home(home), new StandardInput(System.in, true), ansi);
    line.setOut(new PrintWriter(out));
    line.execute("up", "--help");
    return out.toString();
  }

  @Test
  void bashCompletesCommandsAndOptionsWithThePrintedScript() throws Exception {
    assertThat(owl.call("completion", "bash")).isZero();
    Path script = Files.writeString(home.resolve("completion.sh"), owl.out.toString());

    assertThat(completed(script, "ask", "owl", "as")).containsExactly("ask");
    assertThat(completed(script, "--checkpoint", "owl", "up", "--check"))
        .containsExactly("--checkpoint");
    assertThat(completed(script, "inspect", "owl", "checkpoint", "in")).contains("inspect");
  }

  private static List<String> completed(Path script, String expected, String... words)
      throws Exception {
    // Outside of a completion, bash complains about options of completions.
    String program =
        "exec 2>/dev/null; source '%s'; COMP_WORDS=(%s); COMP_CWORD=%d; _complete_owl; printf '%%s\\n' \"${COMPREPLY[@]}\""
            .formatted(script, String.join(" ", words), words.length - 1);
    Process bash = new ProcessBuilder("bash", "-c", program).start();
    List<String> said = bash.inputReader().readAllLines();
    assertThat(bash.waitFor()).as("%s for %s", said, expected).isZero();
    return said;
  }

  @Test
  void aShellWithoutSuchAScriptIsRefused() {
    assertThat(owl.call("completion", "tcsh")).isEqualTo(2);
    assertThat(owl.err.toString()).contains("'tcsh'");
  }
}
