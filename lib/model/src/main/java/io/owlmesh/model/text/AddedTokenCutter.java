// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Cuts added tokens out of a text: the leftmost, and of several there the longest. Immutable. Takes
 * O(n m) for n chars of text and m of the longest token.
 */
final class AddedTokenCutter {
  static final AddedTokenCutter NONE = new AddedTokenCutter(List.of());

  /** A node of the trie over contents. */
  private static final class Node {
    private final Map<Character, Node> next = new HashMap<>();
    private @Nullable AddedToken token;
  }

  /**
   * A stretch of the text.
   *
   * @param id of the added token that it spells, or {@link Vocabulary#NONE} for other text
   */
  record Stretch(int start, int end, int id) {}

  private final Node root = new Node();

  AddedTokenCutter(List<AddedToken> tokens) {
    for (AddedToken token : tokens) {
      Node node = root;
      for (char c : token.content().toCharArray()) {
        node = node.next.computeIfAbsent(c, _ -> new Node());
      }
      node.token = token;
    }
  }

  /** The whole text in stretches, none of them empty. */
  List<Stretch> cut(String text) {
    List<Stretch> stretches = new ArrayList<>();
    int done = 0;
    int at = 0;
    while (at < text.length() && !root.next.isEmpty()) {
      AddedToken token = longestAt(text, at);
      if (token == null) {
        at++;
        continue;
      }
      int start = at;
      int end = at + token.content().length();
      at = end;
      if (token.singleWord() && (isWordBefore(text, start) || isWordAt(text, end))) {
        continue;
      }
      while (token.lstrip() && start > done && isSpace(text.charAt(start - 1))) {
        start--;
      }
      while (token.rstrip() && end < text.length() && isSpace(text.charAt(end))) {
        end++;
      }
      add(stretches, done, start);
      stretches.add(new Stretch(start, end, token.id()));
      done = end;
      at = end;
    }
    add(stretches, done, text.length());
    return stretches;
  }

  private static void add(List<Stretch> stretches, int start, int end) {
    if (end > start) {
      stretches.add(new Stretch(start, end, Vocabulary.NONE));
    }
  }

  private @Nullable AddedToken longestAt(String text, int start) {
    AddedToken longest = null;
    Node node = root.next.get(text.charAt(start));
    for (int at = start + 1; node != null; at++) {
      longest = node.token == null ? longest : node.token;
      node = at < text.length() ? node.next.get(text.charAt(at)) : null;
    }
    return longest;
  }

  private static boolean isWordBefore(String text, int at) {
    return at > 0 && isWord(text.codePointBefore(at));
  }

  private static boolean isWordAt(String text, int at) {
    return at < text.length() && isWord(text.codePointAt(at));
  }

  private static boolean isWord(int c) {
    return switch (Character.getType(c)) {
      case Character.CONNECTOR_PUNCTUATION,
          Character.NON_SPACING_MARK,
          Character.COMBINING_SPACING_MARK,
          Character.ENCLOSING_MARK ->
          true;
      default -> Character.isLetterOrDigit(c);
    };
  }

  private static boolean isSpace(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c);
  }
}
