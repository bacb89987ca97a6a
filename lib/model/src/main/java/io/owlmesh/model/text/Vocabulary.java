// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import io.owlmesh.core.OwlException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** The pieces of a tokeniser: what each id spells, and whether text may become it. Immutable. */
final class Vocabulary {
  static final int NONE = -1;
  private static final int BYTES = 256;

  /** What a piece is for; the names and meanings are those of SentencePiece. */
  enum Kind {
    NORMAL,
    UNKNOWN,
    /** A mark between tokens, such as the start of a text: never made from text, spells nothing. */
    CONTROL,
    /** Always cut out of the text whole. */
    USER_DEFINED,
    /** Merged through, but never given out. */
    UNUSED,
    /** Cut out of the text before everything else; spelled literally, and no part of merges. */
    ADDED,
    /** One byte of a character that no piece spells. */
    BYTE
  }

  /**
   * @param text spelling, with {@code ▁} for a space; {@code <0xHH>} for a byte
   * @param score larger merges first
   */
  record Piece(String text, float score, Kind kind) {}

  /** An id that no piece has: text never becomes it, and it spells nothing. */
  static final Piece MARK = new Piece("", 0, Kind.CONTROL);

  private final List<Piece> pieces;
  private final Map<String, Integer> spelled;
  private final Map<String, Integer> marks = new HashMap<>();
  private final int[] bytes = new int[BYTES];
  private final int[] byteValues;
  private final boolean byteLevel;
  private final int unknown;
  private final int longestUserDefined;

  /**
   * @param where file name for messages
   * @param byteLevel whether all pieces spell bytes, in the characters that {@link ByteLevel} has
   *     for them
   * @throws OwlException BAD_CHECKPOINT if pieces contradict each other, or some text has neither
   *     bytes to be spelled by nor a piece that stands for the unknown
   */
  Vocabulary(String where, List<Piece> pieces, boolean byteLevel) {
    this.byteLevel = byteLevel;
    this.pieces = List.copyOf(pieces);
    this.spelled = HashMap.newHashMap(pieces.size());
    this.byteValues = new int[pieces.size()];
    Arrays.fill(bytes, NONE);
    Arrays.fill(byteValues, NONE);
    int unknownId = NONE;
    int longest = 0;
    for (int id = 0; id < pieces.size(); id++) {
      Piece piece = pieces.get(id);
      switch (piece.kind()) {
        case NORMAL, UNUSED -> spell(where, piece, id);
        case USER_DEFINED -> {
          spell(where, piece, id);
          longest = Math.max(longest, piece.text().length());
        }
        case BYTE -> {
          byteValues[id] = byteValue(where, piece.text());
          bytes[byteValues[id]] = id;
        }
        case UNKNOWN -> unknownId = id;
        case CONTROL -> marks.putIfAbsent(piece.text(), id);
        case ADDED -> {}
      }
    }
    if (byteLevel) {
      requireBytes(where);
    } else if (unknownId == NONE && !spellsBytes()) {
      throw OwlException.badCheckpoint(where, "no piece stands for unknown text");
    }
    this.unknown = unknownId;
    this.longestUserDefined = longest;
  }

  private void requireBytes(String where) {
    for (int value = 0; value < BYTES; value++) {
      if (find(String.valueOf(ByteLevel.character(value))) == NONE) {
        throw OwlException.badCheckpoint(where, "no piece spells the byte " + value);
      }
    }
  }

  private void spell(String where, Piece piece, int id) {
    if (piece.text().isEmpty() || spelled.putIfAbsent(piece.text(), id) != null) {
      throw OwlException.badCheckpoint(
          where, "piece " + id + " is empty or spelled like another: '" + piece.text() + "'");
    }
  }

  private static int byteValue(String where, String text) {
    if (!text.matches("<0x[0-9A-Fa-f]{2}>")) {
      throw OwlException.badCheckpoint(where, "byte piece '" + text + "'; expected <0xHH>");
    }
    return Integer.parseInt(text, 3, 5, 16);
  }

  int size() {
    return pieces.size();
  }

  /** Whether all pieces spell bytes. */
  boolean isByteLevel() {
    return byteLevel;
  }

  /** The piece of an id from 0 up to, not including, {@link #size}. */
  Piece piece(int id) {
    return pieces.get(id);
  }

  /** The id that text spells, or {@link #NONE}. */
  int find(String text) {
    return spelled.getOrDefault(text, NONE);
  }

  /** The id of a mark by its name; none has an empty one. */
  OptionalInt mark(String name) {
    Integer id = name.isEmpty() ? null : marks.get(name);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** The id for text that nothing spells; {@link #NONE} only where every byte has a piece. */
  int unknown() {
    return unknown;
  }

  /** The id of a byte from 0 to 255, or {@link #NONE}. */
  int ofByte(int value) {
    return bytes[value];
  }

  /** The byte, 0 to 255, that an id stands for, or {@link #NONE}. */
  int byteOf(int id) {
    return byteValues[id];
  }

  /** Whether every byte has a piece, so that any text can be spelled. */
  boolean spellsBytes() {
    return byteLevel || Arrays.stream(bytes).allMatch(id -> id != NONE);
  }

  /** One more than the largest id that text can become. */
  int textIds() {
    for (int id = pieces.size() - 1; id >= 0; id--) {
      Kind kind = pieces.get(id).kind();
      if (kind != Kind.CONTROL && kind != Kind.UNUSED && kind != Kind.UNKNOWN) {
        return Math.max(id, unknown) + 1;
      }
    }
    return unknown + 1;
  }

  /** Length of the longest user-defined piece at this place, in chars; 0 if there is none. */
  int userDefinedAt(String text, int start) {
    for (int n = Math.min(longestUserDefined, text.length() - start); n > 0; n--) {
      int id = find(text.substring(start, start + n));
      if (id != NONE && pieces.get(id).kind() == Kind.USER_DEFINED) {
        return n;
      }
    }
    return 0;
  }
}
