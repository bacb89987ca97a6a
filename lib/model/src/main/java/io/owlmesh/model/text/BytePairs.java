// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import io.owlmesh.model.text.Vocabulary.Kind;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * Cuts one text by byte-pair encoding as SentencePiece does: starting from characters, the best
 * pair of neighbours is merged until none is left. Takes O(n log n). Used for one text only.
 */
final class BytePairs {
  private static final int NONE = -1;

  /** Two neighbouring symbols that could merge; stale once either of them has changed. */
  private record Pair(float score, int left, int right, int length) implements Comparable<Pair> {
    @Override
    public int compareTo(Pair other) {
      int byScore = Float.compare(other.score, score);
      return byScore != 0 ? byScore : Integer.compare(left, other.left);
    }
  }

  private final Vocabulary vocabulary;
  private final Merges merges;
  private final String text;

  // Symbol i is text[starts[i], ends[i]), empty once merged into its left neighbour.
  private final int[] starts;
  private final int[] ends;
  private final int[] before;
  private final int[] after;
  private final boolean[] whole;
  private final int symbols;

  private final PriorityQueue<Pair> queue = new PriorityQueue<>();
  // Where merges made a piece that must not be given out: chars of its left half.
  private final Map<String, Integer> halves = new HashMap<>();

  private int[] ids = new int[16];
  private int count;

  /**
   * @param text normalised, without unpaired surrogates
   */
  BytePairs(Vocabulary vocabulary, Merges merges, String text) {
    this.vocabulary = vocabulary;
    this.merges = merges;
    this.text = text;
    int most = text.codePointCount(0, text.length());
    starts = new int[most];
    ends = new int[most];
    before = new int[most];
    after = new int[most];
    whole = new boolean[most];
    symbols = split();
  }

  private int split() {
    int n = 0;
    for (int at = 0; at < text.length(); n++) {
      int length = vocabulary.userDefinedAt(text, at);
      whole[n] = length > 0;
      starts[n] = at;
      at += length > 0 ? length : Character.charCount(text.codePointAt(at));
      ends[n] = at;
      before[n] = n - 1;
      after[n] = at < text.length() ? n + 1 : NONE;
    }
    return n;
  }

  /** The ids of the text. */
  int[] ids() {
    for (int i = 1; i < symbols; i++) {
      offer(i - 1, i);
    }
    for (Pair best = queue.poll(); best != null; best = queue.poll()) {
      if (isCurrent(best)) {
        merge(best.left, best.right);
      }
    }
    for (int i = 0; i < symbols; i++) {
      if (ends[i] > starts[i]) {
        put(text.substring(starts[i], ends[i]));
      }
    }
    return Arrays.copyOf(ids, count);
  }

  private boolean isCurrent(Pair pair) {
    int left = ends[pair.left] - starts[pair.left];
    int right = ends[pair.right] - starts[pair.right];
    return left > 0 && right > 0 && left + right == pair.length;
  }

  private void merge(int left, int right) {
    ends[left] = ends[right];
    ends[right] = starts[right];
    after[left] = after[right];
    if (after[left] != NONE) {
      before[after[left]] = left;
    }
    offer(before[left], left);
    offer(left, after[left]);
  }

  private void offer(int left, int right) {
    if (left == NONE || right == NONE || whole[left] || whole[right]) {
      return;
    }
    float score = merges.score(text, starts[left], ends[left], ends[right]);
    if (score == Merges.NEVER) {
      return;
    }
    queue.add(new Pair(score, left, right, ends[right] - starts[left]));
    String merged = text.substring(starts[left], ends[right]);
    if (isUnused(vocabulary.find(merged))) {
      halves.put(merged, ends[left] - starts[left]);
    }
  }

  private boolean isUnused(int id) {
    return id != Vocabulary.NONE && vocabulary.piece(id).kind() == Kind.UNUSED;
  }

  private void put(String piece) {
    int id = vocabulary.find(piece);
    Integer half = halves.get(piece);
    if (half != null && isUnused(id)) {
      put(piece.substring(0, half));
      put(piece.substring(half));
    } else if (id != Vocabulary.NONE) {
      put(id);
    } else if (vocabulary.spellsBytes()) {
      for (byte b : piece.getBytes(StandardCharsets.UTF_8)) {
        put(vocabulary.ofByte(b & 0xFF));
      }
    } else if (count == 0 || ids[count - 1] != vocabulary.unknown()) {
      put(vocabulary.unknown());
    }
  }

  private void put(int id) {
    if (count == ids.length) {
      ids = Arrays.copyOf(ids, 2 * count);
    }
    ids[count++] = id;
  }
}
