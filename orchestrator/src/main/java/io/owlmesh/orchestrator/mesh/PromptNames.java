// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import com.google.protobuf.ByteString;
import io.owlmesh.core.Sha256;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.orchestrator.mesh.MeshInfo.WeightDigests;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;

/**
 * Names of a prompt's beginnings: SHA-256 chained over its parts, and over all else that keys and
 * values depend on. Equal names are equal beginnings, whoever made them.
 *
 * @param parts the name of the prompt up to and with each part
 * @param positions of each of these beginnings, about
 * @param known those, and the beginnings at which earlier turns of the same dialogue ended
 * @param first names what a whole dialogue begins with
 */
public record PromptNames(
    List<ByteString> parts, List<Integer> positions, List<ByteString> known, String first) {
  /** Of work without a prompt. */
  public static final PromptNames NONE = new PromptNames(List.of(), List.of(), List.of(), "");

  // No byte of UTF-8.
  private static final byte TEXT = (byte) 0xFF;
  private static final byte PICTURE = (byte) 0xFE;
  private static final byte MARK = (byte) 0xFD;
  private static final int BYTES_OF_A_TOKEN = 4;
  private static final int MAX_TURNS = 256;
  private static final int ENDING = 5;

  /**
   * What names depend on besides the prompt.
   *
   * @param adapter its name and digest; empty if none
   * @param tenant whose caches are shared with no other's
   */
  public record Seed(WeightDigests weights, String adapter, String tenant) {
    private MessageDigest begin() {
      MessageDigest digest = Sha256.begin();
      for (String part :
          List.of(weights.vision(), weights.abstractor(), weights.language(), adapter, tenant)) {
        digest.update(part.getBytes(StandardCharsets.UTF_8));
        digest.update(TEXT);
      }
      return digest;
    }

    /**
     * The name of a picture's visual tokens.
     *
     * @param key what they depend on besides weights: its file, perhaps what is asked of it
     */
    public ByteString picture(String key) {
      MessageDigest digest = Sha256.begin();
      for (String part : List.of(weights.vision(), weights.abstractor(), tenant, key)) {
        digest.update(part.getBytes(StandardCharsets.UTF_8));
        digest.update(TEXT);
      }
      return ByteString.copyFrom(digest.digest());
    }
  }

  /**
   * Names a prompt's beginnings.
   *
   * <p>Every prompt ends as the template asks for an answer, so that an earlier turn's prompt ended
   * where those last characters stand in this one.
   *
   * @param pictures what the visual tokens at each place of an image depend on
   * @param visualTokens of one image
   */
  public static PromptNames of(Prompt prompt, List<String> pictures, int visualTokens, Seed seed) {
    byte[] ending = ending(prompt);
    MessageDigest digest = seed.begin();
    List<ByteString> parts = new ArrayList<>();
    List<Integer> positions = new ArrayList<>();
    Deque<ByteString> turns = new ArrayDeque<>();
    int position = 1; // The beginning-of-sequence token.
    int place = 0;
    for (Prompt.Part part : prompt.parts()) {
      switch (part) {
        case Prompt.Text(String text) -> {
          byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
          digest.update(TEXT);
          digest(bytes, ending, digest, turns);
          position += 1 + bytes.length / BYTES_OF_A_TOKEN;
        }
        case Prompt.Mark(String token) -> {
          digest.update(MARK);
          digest.update(token.getBytes(StandardCharsets.UTF_8));
          position++;
        }
        case Prompt.Image _ -> {
          digest.update(PICTURE);
          digest.update(pictures.get(place++).getBytes(StandardCharsets.UTF_8));
          position += visualTokens;
        }
      }
      parts.add(name(digest));
      positions.add(position);
    }
    List<ByteString> known = new ArrayList<>(turns);
    known.addAll(parts);
    return new PromptNames(parts, positions, known, first(parts, known));
  }

  /** A dialogue's first picture, or its first turn. */
  private static String first(List<ByteString> parts, List<ByteString> known) {
    ByteString first = parts.size() > 1 ? parts.get(1) : known.getFirst();
    return HexFormat.of().formatHex(first.toByteArray());
  }

  private static byte[] ending(Prompt prompt) {
    if (!(prompt.parts().getLast() instanceof Prompt.Text(String text))) {
      return new byte[0];
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return Arrays.copyOfRange(bytes, Math.max(bytes.length - ENDING, 0), bytes.length);
  }

  /** Takes a text in, and names what ends inside of it; of many, the last ones. */
  private static void digest(
      byte[] text, byte[] ending, MessageDigest digest, Deque<ByteString> turns) {
    int from = 0;
    for (int end : ends(text, ending)) {
      digest.update(text, from, end - from);
      from = end;
      turns.addLast(name(digest));
      if (turns.size() > MAX_TURNS) {
        turns.removeFirst();
      }
    }
    digest.update(text, from, text.length - from);
  }

  private static Iterable<Integer> ends(byte[] text, byte[] ending) {
    Deque<Integer> ends = new ArrayDeque<>();
    for (int end = ending.length; ending.length > 0 && end < text.length; end++) {
      if (Arrays.equals(text, end - ending.length, end, ending, 0, ending.length)) {
        ends.addLast(end);
        if (ends.size() > MAX_TURNS) {
          ends.removeFirst();
        }
      }
    }
    return ends;
  }

  private static ByteString name(MessageDigest digest) {
    try {
      return ByteString.copyFrom(((MessageDigest) digest.clone()).digest());
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("a SHA-256 that cannot be copied", e);
    }
  }

  /** Positions of the whole prompt, about. */
  public int total() {
    return positions.isEmpty() ? 0 : positions.getLast();
  }
}
