// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.verify;

import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.text.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Texts to ids and back, which must be the reference's exactly. */
final class TextChecks {
  private final Checkpoint checkpoint;
  private final Consumer<Row> out;

  private TextChecks(Checkpoint checkpoint, Consumer<Row> out) {
    this.checkpoint = checkpoint;
    this.out = out;
  }

  /** The texts, the prompts and the answers of the folder, with the tokeniser of the checkpoint. */
  static void run(GoldenFolder golden, Checkpoint checkpoint, Consumer<Row> out) {
    TextChecks checks = new TextChecks(checkpoint, out);
    ModelConfig config = checkpoint.config();
    Tokenizer tokenizer = config.tokenizer(checkpoint.folder());
    checks.row(
        "tokens",
        golden.texts(),
        test ->
            same(tokenizer.encode(test.text()), test.ids())
                && tokenizer.decode(array(test.ids())).equals(test.decoded()));
    checks.row(
        "prompts",
        golden.cases(),
        test -> same(config.encode(test.parsed(), tokenizer).ids(), test.ids()));
    checks.given(
        "templates",
        golden.cases().stream().filter(test -> test.messages() != null).toList(),
        test ->
            same(
                config
                    .encode(test.laidOut(config.chatTemplate(checkpoint.folder())), tokenizer)
                    .ids(),
                test.ids()));
    ModelConfig.QuestionTokenizer questions = config.questionTokenizer(checkpoint.folder());
    checks.given(
        "questions",
        golden.cases().stream().filter(test -> test.questionIds() != null).toList(),
        test -> same(questions.ids(test.prompt()), Objects.requireNonNull(test.questionIds())));
    checks.row(
        "answers",
        golden.cases(),
        test -> tokenizer.decode(array(test.greedy())).equals(test.text()));
  }

  private <T> void given(String check, List<T> tests, Predicate<T> same) {
    if (!tests.isEmpty()) {
      row(check, tests, same);
    }
  }

  private <T> void row(String check, List<T> tests, Predicate<T> same) {
    long wrong = tests.stream().filter(same.negate()).count();
    String subject = checkpoint.folder().getFileName().toString();
    boolean passed = wrong == 0 && !tests.isEmpty();
    out.accept(new Row(check, subject, tests.size(), wrong + " differ", "0 differ", passed));
  }

  private static boolean same(int[] actual, List<Integer> expected) {
    return Arrays.equals(actual, array(expected));
  }

  private static int[] array(List<Integer> ids) {
    return ids.stream().mapToInt(Integer::intValue).toArray();
  }
}
