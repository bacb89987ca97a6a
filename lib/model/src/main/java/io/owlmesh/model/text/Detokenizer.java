// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import io.owlmesh.model.text.Vocabulary.Kind;
import io.owlmesh.model.text.Vocabulary.Piece;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Turns the ids of one answer into text while they are generated. What is given out never changes
 * later: bytes of a character are held back until it is complete. Not safe for several threads.
 */
public final class Detokenizer {
  private static final String REPLACEMENT = "\uFFFD";

  private final Tokenizer tokenizer;
  private final Vocabulary vocabulary;
  private final boolean collapses;

  // The bytes of a character that is not complete: at most three between calls.
  private final byte[] held = new byte[4];
  private int heldCount;

  // Bytes of which it is not known whether they are text together.
  private final ByteArrayOutputStream run = new ByteArrayOutputStream();
  private boolean atStart;

  public Detokenizer(Tokenizer tokenizer) {
    this(tokenizer, false);
  }

  /**
   * @param continues whether the text goes on from another, so that a space which it begins with is
   *     its own
   */
  public Detokenizer(Tokenizer tokenizer, boolean continues) {
    this.tokenizer = tokenizer;
    this.atStart = !continues;
    this.vocabulary = tokenizer.vocabulary();
    this.collapses = tokenizer.normaliser().collapse();
  }

  /**
   * Takes the next id.
   *
   * @return the text that became certain, often empty
   */
  public String next(int id) {
    if (id < 0 || id >= vocabulary.size()) {
      return finish();
    }
    int value = vocabulary.byteOf(id);
    Piece piece = vocabulary.piece(id);
    if (tokenizer.hasWholeRuns() && (value != Vocabulary.NONE || piece.kind() == Kind.CONTROL)) {
      atStart &= value == Vocabulary.NONE;
      return runOn(value);
    }
    if (value != Vocabulary.NONE) {
      return take((byte) value);
    }
    if (!vocabulary.isByteLevel() || piece.kind() == Kind.CONTROL || piece.kind() == Kind.UNKNOWN) {
      return finish() + textOf(piece);
    }
    StringBuilder text = new StringBuilder();
    for (byte b : tokenizer.byteLevel(piece)) {
      text.append(take(b));
    }
    return text.toString();
  }

  /** What a mark stands between goes on. */
  private String runOn(int value) {
    if (value != Vocabulary.NONE) {
      run.write(value);
    }
    return "";
  }

  private String run() {
    byte[] bytes = run.toByteArray();
    run.reset();
    return isWhole(bytes)
        ? new String(bytes, StandardCharsets.UTF_8)
        : REPLACEMENT.repeat(bytes.length);
  }

  private String take(byte next) {
    atStart = false;
    held[heldCount++] = next;
    return release(false);
  }

  /** Whether the text has not begun: of the next piece, the space goes that precedes every text. */
  public boolean isAtStart() {
    return atStart;
  }

  /** The rest: one replacement character for each byte of a character that stayed incomplete. */
  public String finish() {
    return run() + release(true);
  }

  private String textOf(Piece piece) {
    return switch (piece.kind()) {
      case CONTROL, UNKNOWN, BYTE -> "";
      case NORMAL, USER_DEFINED, UNUSED, ADDED -> {
        String text = tokenizer.spelling(piece, atStart);
        // Where runs of spaces count as one, the text has not begun until something else comes.
        atStart = atStart && collapses && text.isEmpty();
        yield text;
      }
    };
  }

  private String release(boolean all) {
    if (heldCount == 0) {
      return "";
    }
    StringBuilder text = new StringBuilder();
    while (heldCount > 0) {
      int length = characterLength();
      if (length > heldCount && !all && isPromising(length)) {
        break;
      }
      boolean complete = length <= heldCount && isCharacter(length);
      int used = complete ? length : vocabulary.isByteLevel() ? wrong() : 1;
      text.append(complete ? new String(held, 0, used, StandardCharsets.UTF_8) : REPLACEMENT);
      heldCount -= used;
      System.arraycopy(held, used, held, 0, heldCount);
    }
    return text.toString();
  }

  /** Bytes that the first byte announces; 1 also if no character begins with it. */
  private int characterLength() {
    int first = held[0] & 0xFF;
    if (first < 0xC0 || first >= 0xF8) {
      return 1;
    }
    return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  }

  private boolean isPromising(int length) {
    for (int i = 1; i < Math.min(length, heldCount); i++) {
      if ((held[i] & 0xC0) != 0x80) {
        return false;
      }
    }
    return true;
  }

  /**
   * Bytes of vocabularies that have pieces for several: as many as could have begun a character are
   * replaced together.
   */
  private int wrong() {
    int length = characterLength();
    int used = 1;
    while (used < Math.min(heldCount, length) && begins(used + 1, length)) {
      used++;
    }
    return used;
  }

  /** Whether a character of that length may begin with the first {@code count} bytes. */
  private boolean begins(int count, int length) {
    for (int low : new int[] {0x80, 0xbf, 0x90, 0xa0, 0x8f, 0x9f}) {
      byte[] bytes = Arrays.copyOf(held, length);
      for (int i = count; i < length; i++) {
        bytes[i] = (byte) (i == 1 ? low : 0x80);
      }
      if (isWhole(bytes)) {
        return true;
      }
    }
    return false;
  }

  /** Whether the first bytes are the one, shortest encoding of a character. */
  private boolean isCharacter(int length) {
    return isWhole(Arrays.copyOf(held, length));
  }

  private static boolean isWhole(byte[] bytes) {
    String decoded = new String(bytes, StandardCharsets.UTF_8);
    return Arrays.equals(decoded.getBytes(StandardCharsets.UTF_8), bytes);
  }
}
