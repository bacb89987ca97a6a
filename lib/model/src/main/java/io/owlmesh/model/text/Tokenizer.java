// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.Vocabulary.Piece;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Text to ids of a language model and back, as the tokeniser stored with a checkpoint does it.
 * Immutable, so safe for any number of threads.
 */
public final class Tokenizer {
  private final Vocabulary vocabulary;
  private final Normaliser normaliser;
  private final Merges merges;
  private final boolean stripsSpace;

  Tokenizer(Vocabulary vocabulary, Normaliser normaliser, Merges merges) {
    this.vocabulary = vocabulary;
    this.normaliser = normaliser;
    this.merges = merges;
    this.stripsSpace = normaliser.collapse() || normaliser.prefix() != Normaliser.Prefix.NEVER;
  }

  /**
   * Reads {@code tokenizer.model} (SentencePiece) or, where that is absent, {@code tokenizer.json}.
   *
   * @param checkpointFolder the folder that holds config.json
   * @throws OwlException BAD_CHECKPOINT if neither is there, or it is damaged, or asks for a kind
   *     of tokeniser that LLaMA models do not come with
   */
  public static Tokenizer open(Path checkpointFolder) {
    Path model = checkpointFolder.resolve("tokenizer.model");
    if (Files.exists(model)) {
      return SentencePieceFile.read(model);
    }
    Path json = checkpointFolder.resolve("tokenizer.json");
    if (Files.exists(json)) {
      return TokenizerJson.read(json);
    }
    throw OwlException.badCheckpoint(
        checkpointFolder.toString(), "no tokenizer.model and no tokenizer.json");
  }

  /**
   * The ids of a text, without those that begin or end a sequence. A text that spells a special
   * token, such as {@code </s>}, is text like any other. A space is taken to precede every text.
   *
   * @return ids, one per piece; empty for an empty text
   */
  public int[] encode(String text) {
    return new BytePairs(vocabulary, merges, normaliser.apply(text)).ids();
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
      case NORMAL, USER_DEFINED, UNUSED -> spelling(piece, first).getBytes(StandardCharsets.UTF_8);
    };
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

  Vocabulary vocabulary() {
    return vocabulary;
  }

  Normaliser normaliser() {
    return normaliser;
  }
}
