// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.family.ModelConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The tokeniser of the golden fixture and what the reference makes of it. */
final class TextFixture {
  static final String TINY = "/owl-tiny/checkpoints/safetensors";

  private TextFixture() {}

  static Path path(String resource) {
    URL url = Objects.requireNonNull(TextFixture.class.getResource(resource), resource);
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(e);
    }
  }

  static Tokenizer tiny() {
    return Tokenizer.open(path(TINY));
  }

  static ModelConfig config() {
    return Checkpoint.open(path(TINY)).config();
  }

  /** A tokeniser file as the only one of a folder. */
  static Tokenizer open(Path folder, String resource, String name) {
    try {
      Files.copy(path(resource), folder.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Tokenizer.open(folder);
  }

  /** The elements of a golden list; never empty. */
  static List<JsonNode> cases(String resource) {
    List<JsonNode> cases = new ArrayList<>();
    try {
      new ObjectMapper().readTree(path(resource).toFile()).forEach(cases::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (cases.isEmpty()) {
      throw new IllegalStateException(resource + " holds no cases");
    }
    return cases;
  }

  static int[] ids(JsonNode list) {
    int[] ids = new int[list.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = list.get(i).asInt();
    }
    return ids;
  }
}
