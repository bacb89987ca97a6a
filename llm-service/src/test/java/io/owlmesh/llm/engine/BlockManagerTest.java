// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.stage.HeldNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BlockManagerTest {
  private static BlockHash key(int number) {
    return new BlockHash(number, -number);
  }

  @Test
  void aSequenceGetsNeighboursWhileThereAreAny() {
    BlockManager blocks = new BlockManager(100, new PrefixChains(new HeldNames()));
    BlockTable one = new BlockTable(blocks);
    BlockTable two = new BlockTable(blocks);

    for (int positions = 1; positions <= 64; positions++) {
      assertThat(one.reserve(positions)).isTrue();
      assertThat(two.reserve(positions)).isTrue();
    }

    assertThat(one.stretches(64)).hasSizeLessThanOrEqualTo(4);
    assertThat(two.stretches(50)[1] + (two.stretches(50).length > 2 ? two.stretches(50)[3] : 0))
        .isEqualTo(50);
  }

  @Test
  void knownBlocksAreFoundUntilTheirRoomIsNeededOldestFirst() {
    BlockManager blocks = new BlockManager(3, new PrefixChains(new HeldNames()));
    for (int i = 0; i < 3; i++) {
      int block = blocks.take(-1).orElseThrow();
      blocks.register(block, key(i));
      blocks.release(block);
    }
    assertThat(blocks.idle()).isEqualTo(3);
    assertThat(blocks.free()).isEqualTo(3);

    // The oldest is used again, so the second is now the oldest.
    blocks.release(blocks.find(key(0)).orElseThrow());
    blocks.take(-1).orElseThrow();

    assertThat(blocks.find(key(1))).isEmpty();
    assertThat(blocks.find(key(0))).isPresent();
    assertThat(blocks.evictions()).isEqualTo(1);
  }

  @Test
  void aHeldBlockIsNeverTakenAndOneReleasedTwiceIsNoticed() {
    BlockManager blocks = new BlockManager(1, new PrefixChains(new HeldNames()));
    int block = blocks.take(-1).orElseThrow();
    blocks.register(block, key(1));
    blocks.hold(block);
    blocks.release(block);

    assertThat(blocks.take(-1)).isEmpty();

    blocks.release(block);
    assertThat(blocks.take(-1)).hasValue(block);
    blocks.release(block);
    assertThatThrownBy(() -> blocks.release(block)).hasMessageContaining("released twice");
  }

  @Test
  void afterAnyHistoryEveryBlockIsFreeAgain() {
    Random random = new Random(3);
    BlockManager blocks = new BlockManager(40, new PrefixChains(new HeldNames()));
    List<BlockTable> tables = new ArrayList<>();
    for (int i = 0; i < 5000; i++) {
      if (random.nextBoolean() || tables.isEmpty()) {
        BlockTable table = new BlockTable(blocks);
        tables.add(table);
        if (table.reserve(random.nextInt(200)) && table.blockCount() > 0) {
          blocks.register(table.block(0), key(random.nextInt(50)));
        }
      } else {
        tables.remove(random.nextInt(tables.size())).release();
      }
      if (random.nextInt(4) == 0) {
        BlockTable shared = new BlockTable(blocks);
        blocks.find(key(random.nextInt(50))).ifPresent(shared::add);
        tables.add(shared);
      }
    }

    tables.forEach(BlockTable::release);

    assertThat(blocks.free()).isEqualTo(blocks.count());
  }

  @Test
  void theLastBlockOfASequenceGoesBeforeThoseThatItNeeds() {
    BlockManager blocks = new BlockManager(3, new PrefixChains(new HeldNames()));
    BlockTable table = new BlockTable(blocks);
    table.reserve(3 * BlockManager.SIZE);
    for (int i = 0; i < 3; i++) {
      blocks.register(table.block(i), key(i));
    }
    table.release();

    blocks.take(-1).orElseThrow();

    assertThat(blocks.find(key(0))).isPresent();
    assertThat(blocks.find(key(1))).isPresent();
    assertThat(blocks.find(key(2))).isEmpty();
  }
}
