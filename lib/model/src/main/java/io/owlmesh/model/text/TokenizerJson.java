// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import com.fasterxml.jackson.databind.JsonNode;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.Normaliser.Prefix;
import io.owlmesh.model.text.Vocabulary.Kind;
import io.owlmesh.model.text.Vocabulary.Piece;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads the {@code tokenizer.json} that a SentencePiece tokeniser of a LLaMA was converted to, or
 * the one of BLOOM, whose pieces are of bytes. Steps that neither has are refused by name, because
 * ignoring one would give other ids. Added tokens that are special become marks, which no text is
 * ever taken for.
 */
final class TokenizerJson {
  private static final String SPACE = String.valueOf(Normaliser.SPACE);
  private static final Set<String> DECODERS =
      Set.of("Sequence", "Replace", "ByteFallback", "Fuse", "Strip", "Metaspace", "ByteLevel");

  private final String where;
  private final JsonNode root;
  private final JsonNode model;
  private Prefix prefix = Prefix.NEVER;
  private boolean metaspace;
  private boolean words;
  private boolean byteLevel;

  private TokenizerJson(String where, JsonNode root) {
    this.where = where;
    this.root = root;
    this.model = root.path("model");
  }

  /**
   * @param folder what other files say of added tokens
   * @throws OwlException BAD_CHECKPOINT if the file is damaged or neither for a LLaMA nor a BLOOM
   */
  static Tokenizer read(Path path, TokenizerFolder folder) {
    return new TokenizerJson(String.valueOf(path.getFileName()), TokenizerFolder.json(path))
        .tokenizer(folder);
  }

  private Tokenizer tokenizer(TokenizerFolder folder) {
    normalizer(root.path("normalizer"));
    preTokenizer(root.path("pre_tokenizer"));
    requireBytePairs();
    decoder(root.path("decoder"));
    for (JsonNode token : root.path("added_tokens")) {
      folder.add(
          where, TokenizerFolder.token(where, TokenizerFolder.id(where, token.path("id")), token));
    }
    List<Piece> pieces = pieces();
    List<AddedToken> added = folder.mergeInto(where, pieces);
    Vocabulary vocabulary = new Vocabulary(where, pieces, byteLevel);
    if (!vocabulary.spellsBytes()) {
      throw OwlException.badCheckpoint(where, "byte_fallback without a piece for every byte");
    }
    Normaliser normaliser = new Normaliser(prefix, false);
    return new Tokenizer(
        vocabulary,
        normaliser,
        merges(vocabulary),
        new AddedTokenCutter(added.stream().filter(token -> !token.normalized()).toList()),
        new AddedTokenCutter(
            added.stream()
                .filter(AddedToken::normalized)
                .map(token -> normalised(token, normaliser))
                .toList()));
  }

  /** As the text that it is looked for in. */
  private AddedToken normalised(AddedToken token, Normaliser normaliser) {
    if (prefix != Prefix.ALWAYS) {
      return token;
    }
    if (metaspace) {
      throw refused("an added token to be normalised, by a Prepend and a Metaspace");
    }
    return token.withContent(normaliser.apply(token.content(), true));
  }

  private void requireBytePairs() {
    String type = model.path("type").asText("BPE");
    if (!type.equals("BPE") || !model.path("vocab").isObject()) {
      throw refused("model type " + type + "; LLaMA models have BPE with a vocab");
    }
    if (words != byteLevel || (byteLevel && prefix != Prefix.NEVER)) {
      throw refused("steps of several kinds of tokenizers");
    }
    if (model.path("byte_fallback").asBoolean() == byteLevel) {
      throw refused(byteLevel ? "byte_fallback of bytes" : "a model without byte_fallback");
    }
    if (model.path("ignore_merges").asBoolean()) {
      throw refused("ignore_merges");
    }
    if (model.path("dropout").asDouble() != 0) {
      throw refused("dropout of merges");
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
        String scheme = step.path("prepend_scheme").asText("always");
        metaspace = step.path("add_prefix_space").asBoolean(true) && !scheme.equals("never");
        if (metaspace && prefix == Prefix.NEVER) {
          prefix = scheme.equals("first") ? Prefix.FIRST_UNLESS_THERE : Prefix.UNLESS_THERE;
        }
      }
      case "Sequence" -> step.path("pretokenizers").forEach(this::preTokenizer);
      case "Split" -> {
        requireText(step.path("pattern"), "Regex", ByteLevel.EXPRESSION);
        requireText(step, "behavior", "Isolated");
        if (step.path("invert").asBoolean() || byteLevel) {
          throw refused("pre_tokenizer Split, inverted or after ByteLevel");
        }
        words = true;
      }
      case "ByteLevel" -> {
        if (step.path("add_prefix_space").asBoolean(true)
            || step.path("use_regex").asBoolean(true)) {
          throw refused("pre_tokenizer ByteLevel with add_prefix_space or use_regex");
        }
        byteLevel = true;
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
      throw refused(key + " " + step.path(key) + "; expected '" + expected + "'");
    }
  }

  /** The pieces of the model by id. An id without a piece behaves like a mark. */
  private List<Piece> pieces() {
    Map<Integer, Piece> byId = new HashMap<>();
    String unknown = model.path("unk_token").asText("");
    for (Map.Entry<String, JsonNode> entry : model.path("vocab").properties()) {
      String text = entry.getKey();
      boolean isByte = text.matches("<0x[0-9A-F]{2}>");
      Kind kind = text.equals(unknown) ? Kind.UNKNOWN : isByte ? Kind.BYTE : Kind.NORMAL;
      int id = TokenizerFolder.id(where, entry.getValue());
      if (byId.put(id, new Piece(text, 0, kind)) != null) {
        throw OwlException.badCheckpoint(where, "two pieces have the id " + entry.getValue());
      }
    }
    int size = byId.keySet().stream().mapToInt(id -> id + 1).max().orElse(0);
    List<Piece> pieces = new ArrayList<>(Collections.nCopies(size, Vocabulary.MARK));
    byId.forEach(pieces::set);
    return pieces;
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
