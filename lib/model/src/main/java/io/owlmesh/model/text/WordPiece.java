// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import com.fasterxml.jackson.databind.JsonNode;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.RegularFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The tokeniser of uncased BERT models: text without control characters, accents and capitals, cut
 * at white space, punctuation and Chinese characters, and each word cut into the longest pieces
 * from its start on. Immutable.
 */
public final class WordPiece {
  private static final String UNKNOWN = "[UNK]";
  private static final int MAX_WORD = 100;

  private final Map<String, Integer> ids;
  private final int unknown;
  private final int start;
  private final int end;

  private WordPiece(String where, Map<String, Integer> ids) {
    this.ids = ids;
    this.unknown = require(where, UNKNOWN);
    this.start = require(where, "[CLS]");
    this.end = require(where, "[SEP]");
  }

  private int require(String where, String piece) {
    Integer id = ids.get(piece);
    if (id == null) {
      throw OwlException.badCheckpoint(where, "lacks the piece " + piece);
    }
    return id;
  }

  /**
   * Reads {@code vocab.txt} or, where that is absent, the vocabulary of {@code tokenizer.json}.
   *
   * @throws OwlException BAD_CHECKPOINT if neither is there, or it is damaged
   */
  public static WordPiece open(Path folder) {
    Path lines = folder.resolve("vocab.txt");
    Map<String, Integer> ids = new HashMap<>();
    if (Files.exists(lines)) {
      byte[] text = RegularFile.read(lines, "vocab.txt", TokenizerFolder.MAX_FILE);
      for (String line : new String(text, StandardCharsets.UTF_8).split("\r?\n", -1)) {
        ids.putIfAbsent(line, ids.size());
      }
      return new WordPiece("vocab.txt", ids);
    }
    Path json = folder.resolve("tokenizer.json");
    if (!Files.exists(json)) {
      throw OwlException.badCheckpoint(
          folder.toString(), "missing tokenizer of the connector: no vocab.txt, no tokenizer.json");
    }
    for (Map.Entry<String, JsonNode> entry :
        TokenizerFolder.json(json).path("model").path("vocab").properties()) {
      ids.put(entry.getKey(), TokenizerFolder.id("tokenizer.json", entry.getValue()));
    }
    return new WordPiece("tokenizer.json", ids);
  }

  /** One more than the largest id. */
  public int size() {
    return ids.values().stream().mapToInt(id -> id + 1).max().orElse(0);
  }

  /**
   * The ids of a text between those that begin and end a sequence.
   *
   * @param most ids in all; of a longer text, the beginning is left out
   */
  public int[] sequence(String text, int most) {
    int[] all = encode(text);
    int skipped = Math.max(0, all.length + 2 - most);
    return IntStream.concat(
            IntStream.concat(IntStream.of(start), IntStream.of(all).skip(skipped)),
            IntStream.of(end))
        .toArray();
  }

  /** The ids of a text. */
  public int[] encode(String text) {
    IntStream.Builder found = IntStream.builder();
    for (String word : words(text)) {
      pieces(word).forEach(found::add);
    }
    return found.build().toArray();
  }

  private List<Integer> pieces(String word) {
    List<Integer> pieces = new ArrayList<>();
    if (word.codePointCount(0, word.length()) > MAX_WORD) {
      return List.of(unknown);
    }
    for (int at = 0; at < word.length(); ) {
      int to = word.length();
      while (to > at && !ids.containsKey(piece(word, at, to))) {
        to--;
      }
      if (to == at) {
        return List.of(unknown);
      }
      pieces.add(ids.getOrDefault(piece(word, at, to), unknown));
      at = to;
    }
    return pieces;
  }

  private static String piece(String word, int start, int end) {
    return (start == 0 ? "" : "##") + word.substring(start, end);
  }

  private static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    normal(text)
        .codePoints()
        .forEach(c -> {
          boolean alone = isPunctuation(c) || isChinese(c);
          if (alone || c == ' ') {
            end(word, words);
          }
          if (c != ' ') {
            word.appendCodePoint(c);
          }
          if (alone) {
            end(word, words);
          }
        });
    end(word, words);
    return words;
  }

  private static void end(StringBuilder word, List<String> words) {
    if (!word.isEmpty()) {
      words.add(word.toString());
      word.setLength(0);
    }
  }

  /** Without control characters, accents and capitals; white space as spaces. */
  private static String normal(String text) {
    StringBuilder clean = new StringBuilder(text.length());
    Normaliser.wellFormed(text)
        .codePoints()
        .forEach(c -> {
          if (isSpace(c)) {
            clean.append(' ');
          } else if (c != 0xFFFD && !isControl(c)) {
            clean.appendCodePoint(c);
          }
        });
    StringBuilder normal = new StringBuilder(clean.length());
    Normalizer.normalize(clean, Normalizer.Form.NFD)
        .codePoints()
        .filter(c -> Character.getType(c) != Character.NON_SPACING_MARK)
        .forEach(c -> normal.append(Character.toString(c).toLowerCase(Locale.ROOT)));
    return normal.toString();
  }

  /** White space; that which is a control character, too, goes as one. */
  private static boolean isSpace(int c) {
    return c == '\t' || c == '\n' || c == '\r' || Character.isSpaceChar(c);
  }

  private static boolean isControl(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL, Character.FORMAT, Character.UNASSIGNED, Character.PRIVATE_USE -> true;
      default -> false;
    };
  }

  private static boolean isPunctuation(int c) {
    boolean ascii = (c > 32 && c < 127) && !Character.isLetterOrDigit(c);
    return ascii
        || switch (Character.getType(c)) {
          case Character.CONNECTOR_PUNCTUATION,
              Character.DASH_PUNCTUATION,
              Character.START_PUNCTUATION,
              Character.END_PUNCTUATION,
              Character.INITIAL_QUOTE_PUNCTUATION,
              Character.FINAL_QUOTE_PUNCTUATION,
              Character.OTHER_PUNCTUATION ->
              true;
          default -> false;
        };
  }

  /** The blocks that BERT takes for Chinese. */
  private static boolean isChinese(int c) {
    return (c >= 0x4e00 && c <= 0x9fff)
        || (c >= 0x3400 && c <= 0x4dbf)
        || (c >= 0x20000 && c <= 0x2a6df)
        || (c >= 0x2a700 && c <= 0x2b81f)
        || (c >= 0x2b920 && c <= 0x2ceaf)
        || (c >= 0xf900 && c <= 0xfaff)
        || (c >= 0x2f800 && c <= 0x2fa1f);
  }
}
