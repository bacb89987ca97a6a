// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import com.google.protobuf.ByteString;
import io.owlmesh.core.Sha256;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The prefix cache of a stub: blocks of prompts by the hash of all that precedes them, the least
 * recently used of which make room. A position is four bytes of a prompt.
 */
final class StubCache {
  private static final int BLOCK_POSITIONS = 16;
  private static final int BYTES_OF_A_POSITION = 4;

  private final int blocks;
  private final LinkedHashMap<ByteString, Set<ByteString>> kept =
      new LinkedHashMap<>(16, 0.75f, true);
  private final Map<ByteString, Integer> chains = new HashMap<>();

  /**
   * @param positions that it has room for
   */
  StubCache(int positions) {
    this.blocks = positions / BLOCK_POSITIONS;
  }

  /**
   * A prompt in bytes, and how much of it has which name.
   *
   * @param ends bytes up to which each name goes
   */
  record StubPrompt(ByteString bytes, Map<ByteString, Integer> ends) {
    int positions() {
      return bytes.size() / BYTES_OF_A_POSITION;
    }
  }

  /** Reads a prompt in; of its positions, how many were there. */
  synchronized int read(StubPrompt prompt) {
    List<ByteString> hashes = hashes(prompt.bytes());
    int known = known(hashes);
    for (ByteString hash : hashes) {
      kept.computeIfAbsent(hash, _ -> new LinkedHashSet<>());
    }
    prompt
        .ends()
        .forEach((name, end) -> {
          int whole = end / BYTES_OF_A_POSITION / BLOCK_POSITIONS;
          if (whole > 0) {
            Objects.requireNonNull(kept.get(hashes.get(whole - 1))).add(name);
            chains.put(name, whole * BLOCK_POSITIONS);
          }
        });
    makeRoom();
    return known * BLOCK_POSITIONS;
  }

  /** Of its positions, how many are there. */
  synchronized int known(StubPrompt prompt) {
    return known(hashes(prompt.bytes())) * BLOCK_POSITIONS;
  }

  private int known(List<ByteString> hashes) {
    int known = 0;
    while (known < hashes.size() && kept.get(hashes.get(known)) != null) {
      known++;
    }
    return known;
  }

  private void makeRoom() {
    Iterator<Set<ByteString>> oldest = kept.values().iterator();
    for (int over = kept.size() - blocks; over > 0; over--) {
      oldest.next().forEach(chains::remove);
      oldest.remove();
    }
  }

  private static List<ByteString> hashes(ByteString prompt) {
    byte[] bytes = prompt.toByteArray();
    List<ByteString> hashes = new ArrayList<>();
    int block = BLOCK_POSITIONS * BYTES_OF_A_POSITION;
    byte[] before = new byte[0];
    for (int end = block; end <= bytes.length; end += block) {
      MessageDigest digest = Sha256.begin();
      digest.update(before);
      digest.update(Arrays.copyOfRange(bytes, end - block, end));
      before = digest.digest();
      hashes.add(ByteString.copyFrom(before));
    }
    return hashes;
  }

  /** Names of beginnings that are there, with their positions. */
  synchronized Map<ByteString, Integer> chains() {
    return Map.copyOf(chains);
  }
}
