// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.tokenizer;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Trains a tokeniser as LLaMA's is: byte pair encoding over characters, a space taken to precede
 * every text, characters that are not pieces spelt as bytes. Merges stay within words, digits stay
 * alone, and so do the letters of words in capitals, so that what stands on signs is read letter by
 * letter. The same texts give the same file.
 */
public final class TokenizerTrainer {
  /** Rarer characters are spelt as bytes. */
  private static final long RARE = 3;

  private final Map<String, Long> words = new TreeMap<>();
  private final Map<String, Long> characters = new TreeMap<>();

  /**
   * Trains on what was added, and writes a tokenizer.model.
   *
   * @param vocabulary pieces at most; fewer if the corpus has no more pairs to merge
   * @return pieces that there are
   */
  public int write(int vocabulary, Path file) throws IOException {
    List<String> singles =
        characters.entrySet().stream()
            .filter(e -> e.getValue() >= RARE)
            .sorted(
                Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                    .thenComparing(Map.Entry.comparingByKey()))
            .map(Map.Entry::getKey)
            .limit(Math.max(0, vocabulary - SentencePieceWriter.SPECIAL))
            .toList();
    int room = vocabulary - SentencePieceWriter.SPECIAL - singles.size();
    List<String> merged = new Merging(words, singles).best(room);
    SentencePieceWriter.write(file, merged, singles);
    return SentencePieceWriter.SPECIAL + merged.size() + singles.size();
  }

  /** Adds a text. Images are no text: what stands around them is cut apart. */
  public void add(String text) {
    for (String chunk : text.split("<image>", -1)) {
      StringBuilder word = new StringBuilder("▁");
      chunk
          .codePoints()
          .forEach(c -> {
            if (c == ' ') {
              end(word);
              word.append('▁');
            } else if (Character.isLetter(c)) {
              word.appendCodePoint(c);
            } else {
              end(word);
              word.appendCodePoint(c);
              end(word);
            }
          });
      end(word);
    }
  }

  private void end(StringBuilder word) {
    if (word.isEmpty()) {
      return;
    }
    String whole = word.toString();
    word.setLength(0);
    whole
        .codePoints()
        .filter(c -> c != '\n')
        .forEach(c -> characters.merge(Character.toString(c), 1L, Long::sum));
    if (!isInCapitals(whole)) {
      words.merge(whole, 1L, Long::sum);
    }
  }

  private static boolean isInCapitals(String word) {
    String letters = word.startsWith("▁") ? word.substring(1) : word;
    return letters.length() > 1 && letters.chars().allMatch(c -> c >= 'A' && c <= 'Z');
  }

  /** The most frequent pair of neighbours becomes one, again and again. */
  private static final class Merging {
    private final List<List<String>> words = new ArrayList<>();
    private final List<Long> counts = new ArrayList<>();

    Merging(Map<String, Long> counted, List<String> singles) {
      Set<String> known = new HashSet<>(singles);
      counted.forEach((word, count) -> {
        List<String> symbols =
            new ArrayList<>(word.codePoints().mapToObj(Character::toString).toList());
        if (symbols.size() > 1 && known.containsAll(symbols)) {
          words.add(symbols);
          counts.add(count);
        }
      });
    }

    List<String> best(int most) {
      List<String> merged = new ArrayList<>();
      while (merged.size() < most) {
        Optional<Pair> best = mostFrequent();
        if (best.isEmpty()) {
          break;
        }
        Pair pair = best.get();
        words.forEach(word -> merge(word, pair));
        if (!merged.contains(pair.joined())) {
          merged.add(pair.joined());
        }
      }
      return merged;
    }

    private record Pair(String left, String right) {
      String joined() {
        return left + right;
      }
    }

    /** Empty if no pair is frequent enough. */
    private Optional<Pair> mostFrequent() {
      Map<Pair, Long> pairs = new HashMap<>();
      for (int w = 0; w < words.size(); w++) {
        List<String> word = words.get(w);
        for (int i = 1; i < word.size(); i++) {
          pairs.merge(new Pair(word.get(i - 1), word.get(i)), counts.get(w), Long::sum);
        }
      }
      return pairs.entrySet().stream()
          .filter(e -> e.getValue() >= RARE)
          .max(
              Map.Entry.<Pair, Long>comparingByValue()
                  .thenComparing(e -> e.getKey().joined(), Comparator.reverseOrder())
                  .thenComparing(e -> e.getKey().left(), Comparator.reverseOrder()))
          .map(Map.Entry::getKey);
    }

    private static void merge(List<String> word, Pair pair) {
      for (int i = 1; i < word.size(); i++) {
        if (word.get(i - 1).equals(pair.left()) && word.get(i).equals(pair.right())) {
          word.set(i - 1, pair.joined());
          word.remove(i);
        }
      }
    }
  }
}
