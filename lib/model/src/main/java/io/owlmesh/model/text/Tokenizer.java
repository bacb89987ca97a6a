// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.Vocabulary.Kind;
import io.owlmesh.model.text.Vocabulary.Piece;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Text to ids of a language model and back, as the tokeniser stored with a checkpoint does it.
 * Immutable, so safe for any number of threads.
 */
public final class Tokenizer {
  private final Vocabulary vocabulary;
  private final Normaliser normaliser;
  private final Merges merges;
  private final AddedTokenCutter added;
  private final AddedTokenCutter addedNormalised;
  private final boolean stripsSpace;
  private final boolean wholeRuns;

  /**
   * @param added cut out of the text as it is
   * @param addedNormalised cut out of what is left, once it is normalised
   */
  Tokenizer(
      Vocabulary vocabulary,
      Normaliser normaliser,
      Merges merges,
      AddedTokenCutter added,
      AddedTokenCutter addedNormalised) {
    this(vocabulary, normaliser, merges, added, addedNormalised, false);
  }

  private Tokenizer(
      Vocabulary vocabulary,
      Normaliser normaliser,
      Merges merges,
      AddedTokenCutter added,
      AddedTokenCutter addedNormalised,
      boolean wholeRuns) {
    this.wholeRuns = wholeRuns;
    this.added = added;
    this.addedNormalised = addedNormalised;
    this.vocabulary = vocabulary;
    this.normaliser = normaliser;
    this.merges = merges;
    this.stripsSpace = normaliser.collapse() || normaliser.prefix() != Normaliser.Prefix.NEVER;
  }

  /**
   * Reads {@code tokenizer.json} or, where that is absent, {@code tokenizer.model} (SentencePiece),
   * and what the files beside it say of added tokens.
   *
   * @param checkpointFolder the folder that holds config.json
   * @throws OwlException BAD_CHECKPOINT if neither is there, or it is damaged, or asks for a kind
   *     of tokeniser that LLaMA models do not come with
   */
  public static Tokenizer open(Path checkpointFolder) {
    Path json = checkpointFolder.resolve("tokenizer.json");
    if (Files.exists(json)) {
      return TokenizerJson.read(json, new TokenizerFolder(checkpointFolder));
    }
    Path model = checkpointFolder.resolve("tokenizer.model");
    if (Files.exists(model)) {
      return SentencePieceFile.read(model, new TokenizerFolder(checkpointFolder));
    }
    throw OwlException.badCheckpoint(
        checkpointFolder.toString(), "missing tokenizer: no tokenizer.json and no tokenizer.model");
  }

  /**
   * The same, but that bytes which follow each other are one text or none, as Hugging Face's
   * tokenizers have it: if they are no UTF-8 together, each gives a replacement character. In
   * SentencePiece, only those do that are wrong.
   */
  public Tokenizer withWholeRuns() {
    return new Tokenizer(vocabulary, normaliser, merges, added, addedNormalised, true);
  }

  boolean hasWholeRuns() {
    return wholeRuns;
  }

  /**
   * The ids of a text, without those that begin or end a sequence. A text that spells a special
   * token, such as {@code </s>}, is text like any other; added tokens that are not special are cut
   * out of it first. A space is taken to precede every text.
   *
   * @return ids, one per piece; empty for an empty text
   */
  public int[] encode(String text) {
    return encode(text, true);
  }

  /**
   * As above.
   *
   * @param begins whether nothing comes before it; some tokenisers take a space to precede only
   *     such a text
   */
  int[] encode(String text, boolean begins) {
    IntStream.Builder ids = IntStream.builder();
    for (AddedTokenCutter.Stretch stretch : added.cut(text)) {
      if (stretch.id() != Vocabulary.NONE) {
        ids.add(stretch.id());
      } else {
        boolean first = begins && stretch.start() == 0;
        encode(text.substring(stretch.start(), stretch.end()), first, ids);
      }
    }
    return ids.build().toArray();
  }

  /** The id of a mark, such as {@code </s>}, by its name. */
  public OptionalInt mark(String name) {
    return vocabulary.mark(name);
  }

  int requireMark(String name) {
    return mark(name)
        .orElseThrow(() -> OwlException.badCheckpoint("tokenizer", "has no mark '" + name + "'"));
  }

  /** Whether an id is a mark, which no text becomes. */
  public boolean isMark(int id) {
    return vocabulary.piece(id).kind() == Kind.CONTROL;
  }

  /** Where normalising puts a space before everything, tokens are looked for behind that. */
  private void encode(String text, boolean first, IntStream.Builder ids) {
    boolean before = normaliser.prefix() == Normaliser.Prefix.ALWAYS;
    String searched = before ? normaliser.apply(text, first) : text;
    for (AddedTokenCutter.Stretch stretch : addedNormalised.cut(searched)) {
      String part = searched.substring(stretch.start(), stretch.end());
      if (stretch.id() != Vocabulary.NONE) {
        ids.add(stretch.id());
      } else {
        spelled(part, before, first && stretch.start() == 0)
            .forEach(piece ->
                Arrays.stream(new BytePairs(vocabulary, merges, piece).ids()).forEach(ids::add));
      }
    }
  }

  /** What is merged by itself. */
  private List<String> spelled(String part, boolean isNormal, boolean first) {
    if (vocabulary.isByteLevel()) {
      return ByteLevel.pieces(part);
    }
    return List.of(isNormal ? part : normaliser.apply(part, first));
  }

  /**
   * The text of ids. The space that {@link #encode} puts before every text is taken away again;
   * marks such as the end of the sequence, and ids outside the vocabulary, give no text; bytes that
   * are not UTF-8 give one replacement character each.
   */
  public String decode(int[] ids) {
    Detokenizer detokenizer = new Detokenizer(this);
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(detokenizer.next(id));
    }
    return text.append(detokenizer.finish()).toString();
  }

  /**
   * The UTF-8 bytes that an id adds to an answer; none for marks and ids outside the vocabulary.
   *
   * @param first whether it is the answer's first piece, of which the space goes that {@link
   *     #encode} puts before every text
   */
  public byte[] bytes(int id, boolean first) {
    if (id < 0 || id >= vocabulary.size()) {
      return new byte[0];
    }
    Piece piece = vocabulary.piece(id);
    return switch (piece.kind()) {
      case CONTROL, UNKNOWN -> new byte[0];
      case BYTE -> new byte[] {(byte) vocabulary.byteOf(id)};
      case NORMAL, USER_DEFINED, UNUSED, ADDED ->
          vocabulary.isByteLevel()
              ? byteLevel(piece)
              : spelling(piece, first).getBytes(StandardCharsets.UTF_8);
    };
  }

  /**
   * How an id is shown by itself: {@link #bytes} as text, those that are no whole characters as
   * {@code \xHH}; a mark by its name.
   */
  public String shown(int id, boolean first) {
    if (id < 0 || id >= vocabulary.size()) {
      return "";
    }
    Piece piece = vocabulary.piece(id);
    return switch (piece.kind()) {
      case CONTROL, UNKNOWN -> piece.text();
      case BYTE -> {
        int value = vocabulary.byteOf(id);
        yield value < 0x80
            ? Character.toString(value)
            : String.format(Locale.ROOT, "\\x%02x", value);
      }
      case NORMAL, USER_DEFINED, UNUSED, ADDED ->
          vocabulary.isByteLevel() ? shown(byteLevel(piece)) : spelling(piece, first);
    };
  }

  /** Bytes of a vocabulary of bytes; added tokens are spelled as they are. */
  byte[] byteLevel(Piece piece) {
    return piece.kind() == Kind.ADDED
        ? piece.text().getBytes(StandardCharsets.UTF_8)
        : ByteLevel.bytes(piece.text());
  }

  private static String shown(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    if (Arrays.equals(text.getBytes(StandardCharsets.UTF_8), bytes)) {
      return text;
    }
    StringBuilder shown = new StringBuilder();
    for (byte b : bytes) {
      shown.append(
          b >= ' ' && b < 0x7f
              ? Character.toString(b)
              : String.format(Locale.ROOT, "\\x%02x", b & 0xff));
    }
    return shown.toString();
  }

  /** The text that a piece spells. */
  String spelling(Piece piece, boolean first) {
    String text = piece.text();
    int skip = first && stripsSpace && text.charAt(0) == Normaliser.SPACE ? 1 : 0;
    return text.substring(skip).replace(Normaliser.SPACE, ' ');
  }

  /** Whether every byte has an id, so that ids can spell any text. */
  public boolean spellsBytes() {
    return vocabulary.spellsBytes();
  }

  /** Number of ids, counted from 0. The model may have more embeddings than that. */
  public int size() {
    return vocabulary.size();
  }

  /** One more than the largest id that text can become. */
  public int textIds() {
    return vocabulary.textIds();
  }

  Vocabulary vocabulary() {
    return vocabulary;
  }

  Normaliser normaliser() {
    return normaliser;
  }
}
