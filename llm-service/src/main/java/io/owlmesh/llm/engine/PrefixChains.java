// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import com.google.protobuf.ByteString;
import io.owlmesh.stage.HeldNames;
import io.owlmesh.stage.HeldNames.Kind;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/**
 * Names of beginnings of prompts that are in the cache, by the last block that each fills: a known
 * block does not outlive those before it. Used by one thread.
 */
final class PrefixChains {
  private final HeldNames held;
  // The one that was named longest ago comes first.
  private final SequencedMap<ByteString, Integer> blocks = new LinkedHashMap<>();
  private final Map<Integer, Set<ByteString>> names = new HashMap<>();

  PrefixChains(HeldNames held) {
    this.held = held;
  }

  /** A block ends the beginning of a name; of too many names the oldest goes. */
  void put(ByteString name, int block, int positions) {
    Integer before = blocks.remove(name);
    if (before != null && before != block) {
      drop(name, before);
    } else if (before == null && blocks.size() == HeldNames.MOST) {
      Map.Entry<ByteString, Integer> oldest = blocks.firstEntry();
      blocks.remove(oldest.getKey());
      drop(oldest.getKey(), oldest.getValue());
      held.lost(Kind.CHAIN, oldest.getKey());
    }
    blocks.put(name, block);
    names.computeIfAbsent(block, _ -> new LinkedHashSet<>()).add(name);
    held.gained(Kind.CHAIN, name, positions);
  }

  private void drop(ByteString name, int block) {
    names.computeIfPresent(
        block,
        (_, all) -> {
          all.remove(name);
          return all.isEmpty() ? null : all;
        });
  }

  /** What was in a block is not any more. */
  void forget(int block) {
    Set<ByteString> gone = names.remove(block);
    if (gone != null) {
      for (ByteString name : gone) {
        blocks.remove(name);
        held.lost(Kind.CHAIN, name);
      }
    }
  }
}
