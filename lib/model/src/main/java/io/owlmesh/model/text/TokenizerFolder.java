// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.RegularFile;
import io.owlmesh.model.text.Vocabulary.Kind;
import io.owlmesh.model.text.Vocabulary.Piece;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the files beside a vocabulary say of added tokens: {@code added_tokens_decoder} of
 * tokenizer_config.json, added_tokens.json, and special_tokens_map.json for which of them are
 * marks.
 */
final class TokenizerFolder {
  static final int MAX_FILE = 100_000_000;
  static final int MAX_PIECES = 1_000_000;
  private static final int MAX_CONTENT = 256;

  /** What stands for images in prompts of other programs is no text, whichever file lists it. */
  private static final Set<String> PLACES =
      Set.of("<image>", "<im_patch>", "<im_start>", "<im_end>");

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final Map<String, AddedToken> byContent = new HashMap<>();
  private final List<AddedToken> tokens = new ArrayList<>();
  private final Set<String> marks = new HashSet<>(PLACES);
  private final boolean legacy;

  /**
   * @throws OwlException BAD_CHECKPOINT if a file is damaged
   */
  TokenizerFolder(Path folder) {
    JsonNode config = optional(folder, "tokenizer_config.json");
    legacy = config.path("legacy").asBoolean(true);
    addMarks(config);
    addMarks(optional(folder, "special_tokens_map.json"));
    config
        .path("added_tokens_decoder")
        .properties()
        .forEach(e -> add("tokenizer_config.json", e.getKey(), e.getValue()));
    for (Map.Entry<String, JsonNode> e : optional(folder, "added_tokens.json").properties()) {
      add("added_tokens.json", flagless(id("added_tokens.json", e.getValue()), e.getKey()));
    }
  }

  /**
   * Whether a SentencePiece model takes a space to precede every text, as its first users did,
   * rather than the first one alone and where there is none.
   */
  boolean isLegacy() {
    return legacy;
  }

  private static JsonNode optional(Path folder, String name) {
    Path file = folder.resolve(name);
    return Files.exists(file) ? json(file) : MAPPER.missingNode();
  }

  /**
   * Reads a file of JSON.
   *
   * @throws OwlException BAD_CHECKPOINT if it is none
   */
  static JsonNode json(Path file) {
    String where = String.valueOf(file.getFileName());
    byte[] text = RegularFile.read(file, where, MAX_FILE);
    try {
      JsonNode node = MAPPER.readTree(text);
      return node == null ? MAPPER.missingNode() : node;
    } catch (JsonProcessingException e) {
      throw OwlException.badCheckpoint(where, "not JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw OwlException.badCheckpoint(where, "cannot be read: " + RegularFile.reason(e));
    }
  }

  /** {@code bos_token} and its kin, and the lists of others. */
  private void addMarks(JsonNode config) {
    for (Map.Entry<String, JsonNode> field : config.properties()) {
      if (field.getKey().endsWith("_token")) {
        addMark(field.getValue());
      } else if (field.getKey().endsWith("_special_tokens")) {
        field.getValue().forEach(this::addMark);
      }
    }
  }

  private void addMark(JsonNode mark) {
    String content = mark.isObject() ? mark.path("content").asText("") : mark.asText("");
    if (!mark.isNull() && !mark.isBoolean() && !content.isEmpty()) {
      marks.add(content);
    }
  }

  private void add(String where, String id, JsonNode token) {
    if (!id.matches("\\d{1,7}")) {
      throw OwlException.badCheckpoint(where, "id '" + id + "' of an added token");
    }
    add(where, token(where, Integer.parseInt(id), token));
  }

  /** An added token as tokenizer.json and added_tokens_decoder write it. */
  static AddedToken token(String where, int id, JsonNode token) {
    if (!token.path("content").isTextual()) {
      throw OwlException.badCheckpoint(where, "added token " + id + " has no content");
    }
    return new AddedToken(
        id,
        token.path("content").asText(),
        token.path("special").asBoolean(),
        token.path("normalized").asBoolean(),
        token.path("single_word").asBoolean(),
        token.path("lstrip").asBoolean(),
        token.path("rstrip").asBoolean());
  }

  private static AddedToken flagless(int id, String content) {
    return new AddedToken(id, content, false, true, false, false, false);
  }

  static int id(String where, JsonNode node) {
    if (!node.isIntegralNumber() || node.asLong() < 0 || node.asLong() >= MAX_PIECES) {
      throw OwlException.badCheckpoint(where, "id " + node + "; expected 0 to " + (MAX_PIECES - 1));
    }
    return node.asInt();
  }

  /** Adds one. Of several files that name it, the first decides about its flags. */
  void add(String where, AddedToken token) {
    String content = token.content();
    if (content.isEmpty() || content.length() > MAX_CONTENT || token.id() >= MAX_PIECES) {
      throw OwlException.badCheckpoint(
          where,
          "added token %d of %d chars; allowed are 1 to %d chars and ids below %d"
              .formatted(token.id(), content.length(), MAX_CONTENT, MAX_PIECES));
    }
    AddedToken known = byContent.putIfAbsent(content, token);
    if (known == null) {
      tokens.add(token);
    } else if (known.id() != token.id()) {
      throw OwlException.badCheckpoint(
          where,
          "added token '%s' has the ids %d and %d".formatted(content, known.id(), token.id()));
    }
  }

  /**
   * Puts the added tokens among the pieces of a vocabulary, as marks or as {@link Kind#ADDED}.
   *
   * @param pieces by id; changed
   * @return those that are cut out of text
   * @throws OwlException BAD_CHECKPOINT if one contradicts the vocabulary
   */
  List<AddedToken> mergeInto(String where, List<Piece> pieces) {
    Map<String, Integer> ids = HashMap.newHashMap(pieces.size());
    for (int id = 0; id < pieces.size(); id++) {
      ids.put(pieces.get(id).text(), id);
    }
    List<AddedToken> cut = new ArrayList<>();
    for (AddedToken token : tokens) {
      int id = token.id();
      int before = ids.getOrDefault(token.content(), id);
      if (id >= pieces.size()) {
        // An id without a piece behaves like a mark.
        pieces.addAll(Collections.nCopies(id + 1 - pieces.size(), Vocabulary.MARK));
      }
      String there = pieces.get(id).text();
      if (before != id || !(there.isEmpty() || there.equals(token.content()))) {
        throw OwlException.badCheckpoint(
            where,
            "added token '%s' has the id %d, but '%s' has %d in the vocabulary"
                .formatted(token.content(), id, before == id ? there : token.content(), before));
      }
      if (add(token, pieces)) {
        cut.add(token);
      }
    }
    return cut;
  }

  private boolean add(AddedToken token, List<Piece> pieces) {
    Piece there = pieces.get(token.id());
    boolean isNew = there.text().isEmpty();
    if (token.special() || marks.contains(token.content())) {
      if (there.kind() != Kind.UNKNOWN) {
        pieces.set(token.id(), new Piece(token.content(), 0, Kind.CONTROL));
      }
      return false;
    }
    if (isNew) {
      pieces.set(token.id(), new Piece(token.content(), 0, Kind.ADDED));
    }
    return isNew || there.kind() == Kind.NORMAL || there.kind() == Kind.USER_DEFINED;
  }
}
