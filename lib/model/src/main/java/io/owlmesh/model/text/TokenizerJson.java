// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.Normaliser.Prefix;
import io.owlmesh.model.text.Vocabulary.Kind;
import io.owlmesh.model.text.Vocabulary.Piece;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Reads the {@code tokenizer.json} that a SentencePiece tokeniser of a LLaMA was converted to.
 * Steps that such a conversion does not have are refused by name, because ignoring one would give
 * other ids. Added tokens become marks: no text is ever taken for one.
 */
final class TokenizerJson {
  private static final long MAX_FILE = 100_000_000;
  private static final int MAX_PIECES = 10_000_000;
  private static final String SPACE = String.valueOf(Normaliser.SPACE);
  private static final Set<String> DECODERS =
      Set.of("Sequence", "Replace", "ByteFallback", "Fuse", "Strip", "Metaspace");

  private final String where;
  private final JsonNode root;
  private final JsonNode model;
  private Prefix prefix = Prefix.NEVER;

  private TokenizerJson(String where, JsonNode root) {
    this.where = where;
    this.root = root;
    this.model = root.path("model");
  }

  /**
   * @throws OwlException BAD_CHECKPOINT if the file is damaged or not for a LLaMA model
   */
  static Tokenizer read(Path path) {
    String where = String.valueOf(path.getFileName());
    var mapper = JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
    try {
      if (Files.size(path) > MAX_FILE) {
        throw OwlException.badCheckpoint(where, "larger than " + MAX_FILE + " bytes");
      }
      return new TokenizerJson(where, mapper.readTree(Files.readAllBytes(path))).tokenizer();
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw OwlException.badCheckpoint(where, "not JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw OwlException.badCheckpoint(where, "cannot be read: " + e.getMessage());
    }
  }

  private Tokenizer tokenizer() {
    requireBytePairs();
    normalizer(root.path("normalizer"));
    preTokenizer(root.path("pre_tokenizer"));
    decoder(root.path("decoder"));
    Vocabulary vocabulary = vocabulary();
    if (!vocabulary.spellsBytes()) {
      throw OwlException.badCheckpoint(where, "byte_fallback without a piece for every byte");
    }
    return new Tokenizer(vocabulary, new Normaliser(prefix, false), merges(vocabulary));
  }

  private void requireBytePairs() {
    String type = model.path("type").asText("BPE");
    if (!type.equals("BPE") || !model.path("vocab").isObject()) {
      throw refused("model type " + type + "; LLaMA models have BPE with a vocab");
    }
    if (!model.path("byte_fallback").asBoolean()) {
      throw refused("a model without byte_fallback");
    }
    if (model.path("ignore_merges").asBoolean()) {
      throw refused("ignore_merges");
    }
    for (String affix : new String[] {"continuing_subword_prefix", "end_of_word_suffix"}) {
      if (!model.path(affix).asText("").isEmpty() && !model.path(affix).isNull()) {
        throw refused(affix);
      }
    }
  }

  private void normalizer(JsonNode step) {
    switch (type(step)) {
      case "" -> {}
      case "Sequence" -> step.path("normalizers").forEach(this::normalizer);
      case "Prepend" -> {
        requireText(step, "prepend", SPACE);
        prefix = Prefix.ALWAYS;
      }
      case "Replace" -> {
        requireText(step.path("pattern"), "String", " ");
        requireText(step, "content", SPACE);
      }
      default -> throw refused("normalizer " + type(step));
    }
  }

  private void preTokenizer(JsonNode step) {
    switch (type(step)) {
      case "" -> {}
      case "Metaspace" -> {
        requireText(step, "replacement", SPACE);
        if (step.path("split").asBoolean(true)) {
          throw refused("pre_tokenizer Metaspace with split");
        }
        boolean prepends =
            step.path("add_prefix_space").asBoolean(true)
                && !step.path("prepend_scheme").asText("always").equals("never");
        if (prepends && prefix == Prefix.NEVER) {
          prefix = Prefix.UNLESS_THERE;
        }
      }
      default -> throw refused("pre_tokenizer " + type(step));
    }
  }

  private void decoder(JsonNode step) {
    if (!type(step).isEmpty() && !DECODERS.contains(type(step))) {
      throw refused("decoder " + type(step));
    }
    step.path("decoders").forEach(this::decoder);
  }

  private static String type(JsonNode step) {
    return step.path("type").asText("");
  }

  private void requireText(JsonNode step, String key, String expected) {
    if (!step.path(key).asText("").equals(expected)) {
      throw refused(key + " " + step.path(key) + "; LLaMA models have '" + expected + "'");
    }
  }

  private Vocabulary vocabulary() {
    Map<Integer, Piece> byId = new HashMap<>();
    String unknown = model.path("unk_token").asText("");
    for (Map.Entry<String, JsonNode> entry : model.path("vocab").properties()) {
      String text = entry.getKey();
      boolean isByte = text.matches("<0x[0-9A-F]{2}>");
      Kind kind = text.equals(unknown) ? Kind.UNKNOWN : isByte ? Kind.BYTE : Kind.NORMAL;
      if (byId.put(id(entry.getValue()), new Piece(text, 0, kind)) != null) {
        throw OwlException.badCheckpoint(where, "two pieces have the id " + entry.getValue());
      }
    }
    for (JsonNode added : root.path("added_tokens")) {
      int id = id(added.path("id"));
      String text = added.path("content").asText("");
      if (!text.equals(unknown)) {
        byId.put(id, new Piece(text, 0, Kind.CONTROL));
      }
    }
    int size = byId.keySet().stream().mapToInt(id -> id + 1).max().orElse(0);
    // An id without a piece behaves like a mark.
    Piece[] pieces = new Piece[size];
    Arrays.fill(pieces, new Piece("", 0, Kind.CONTROL));
    byId.forEach((id, piece) -> pieces[id] = piece);
    return new Vocabulary(where, Arrays.asList(pieces));
  }

  private int id(JsonNode node) {
    if (!node.isIntegralNumber() || node.asLong() < 0 || node.asLong() >= MAX_PIECES) {
      throw OwlException.badCheckpoint(where, "id " + node + "; expected 0 to " + (MAX_PIECES - 1));
    }
    return node.asInt();
  }

  /** Earlier merges win. Converters also list merges into marks, which text must not become. */
  private Merges merges(Vocabulary vocabulary) {
    Map<String, Integer> ranks = new HashMap<>();
    for (JsonNode merge : model.path("merges")) {
      String pair = pair(merge);
      if (vocabulary.find(pair.replace(" ", "")) != Vocabulary.NONE) {
        ranks.putIfAbsent(pair, ranks.size());
      }
    }
    Map<String, Integer> scores = Map.copyOf(ranks);
    return (text, start, middle, end) -> {
      Integer rank = scores.get(text.substring(start, middle) + " " + text.substring(middle, end));
      return rank == null ? Merges.NEVER : -rank;
    };
  }

  /** A merge is written {@code "a b"} or {@code ["a", "b"]}; pieces hold no space. */
  private String pair(JsonNode merge) {
    String pair =
        merge.isArray() && merge.size() == 2
            ? merge.get(0).asText() + " " + merge.get(1).asText()
            : merge.asText();
    if (pair.chars().filter(c -> c == ' ').count() != 1) {
      throw OwlException.badCheckpoint(where, "merge " + merge + "; expected two pieces");
    }
    return pair;
  }

  private OwlException refused(String what) {
    return OwlException.badCheckpoint(where, "asks for " + what);
  }
}
