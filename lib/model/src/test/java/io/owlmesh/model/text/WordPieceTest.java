// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WordPieceTest {
  private static final Path FOLDER =
      Path.of(
          "src/test/resources/instructblip-tiny/checkpoints/safetensors-sharded-bf16/qformer_tokenizer");

  @Test
  void everyTextGivesTheReferenceIds(@TempDir Path temp) throws Exception {
    Files.copy(FOLDER.resolve("tokenizer.json"), temp.resolve("tokenizer.json"));
    for (Path folder : new Path[] {FOLDER, temp}) {
      WordPiece tokenizer = WordPiece.open(folder);
      for (JsonNode one : TextFixture.cases("/instructblip-tiny/qformer-tokens.json")) {
        assertThat(tokenizer.encode(one.get("text").asText()))
            .as(one.get("text").asText())
            .isEqualTo(TextFixture.ids(one.get("ids")));
      }
    }
  }

  @Test
  void ofALongTextTheEndIsKept() {
    WordPiece tokenizer = WordPiece.open(FOLDER);
    int[] whole = tokenizer.sequence("What colour is the square?", 512);
    int[] cut = tokenizer.sequence("What colour is the square?", 6);
    assertThat(whole).startsWith(2).endsWith(3).hasSizeGreaterThan(6);
    assertThat(cut).hasSize(6).startsWith(2).endsWith(3);
    assertThat(cut[4]).isEqualTo(whole[whole.length - 2]);
  }
}
