// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.job;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.owlmesh.core.OwlException;
import io.owlmesh.trainer.recipe.NewModel;
import io.owlmesh.trainer.tokenizer.TokenizerTrainer;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Trains the tokeniser of a new model on the dialogues of JSONL files. */
final class TokenizerMaker {
  private static final ObjectReader JSON = new ObjectMapper().reader();

  private TokenizerMaker() {}

  static void make(NewModel.Tokenizer recipe, Path file) throws IOException {
    TokenizerTrainer trainer = new TokenizerTrainer();
    for (Path jsonl : recipe.texts()) {
      try (BufferedReader lines = Files.newBufferedReader(jsonl)) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          trainer.add(text(jsonl, line));
        }
      }
    }
    trainer.write(recipe.vocabulary(), file);
  }

  private static String text(Path file, String line) {
    try {
      return JSON.readTree(line).path("text").asText();
    } catch (IOException e) {
      throw OwlException.badInput("model.tokenizer.texts", file + ": " + e.getMessage());
    }
  }
}
