// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.model.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerTrainerTest {
  @TempDir private Path folder;

  private Tokenizer trained() throws IOException {
    TokenizerTrainer trainer = new TokenizerTrainer();
    for (int i = 0; i < 20; i++) {
      trainer.add("Human: <image>\nAI: A large red circle left of a small blue square. " + i);
      trainer.add("A sign: HAWK and OWL. 一个大的红色圆形。");
    }
    int pieces = trainer.write(400, folder.resolve("tokenizer.model"));
    Tokenizer tokenizer = Tokenizer.open(folder);
    assertThat(tokenizer.size()).isEqualTo(pieces).isLessThanOrEqualTo(400);
    return tokenizer;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "A large red circle.",
        "  two  spaces ",
        "line\nbreak",
        "圆形 and 方形",
        "never seen: žluťoučký 🦉",
        "HAWK"
      })
  void anyTextComesBack(String text) throws IOException {
    Tokenizer tokenizer = trained();

    assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
  }

  @Test
  void frequentWordsAreOnePieceAndLettersOfSignsAreNot() throws IOException {
    Tokenizer tokenizer = trained();

    assertThat(tokenizer.encode("circle")).hasSize(1);
    assertThat(tokenizer.encode("square large")).hasSize(2);
    assertThat(tokenizer.encode("HAWK")).hasSizeGreaterThanOrEqualTo(4);
    assertThat(tokenizer.encode("1234")).hasSizeGreaterThanOrEqualTo(4);
  }

  @Test
  void theSameTextsGiveTheSameFile() throws IOException {
    Tokenizer _ = trained();
    byte[] first = Files.readAllBytes(folder.resolve("tokenizer.model"));
    Tokenizer _ = trained();

    assertThat(Files.readAllBytes(folder.resolve("tokenizer.model"))).isEqualTo(first);
  }
}
