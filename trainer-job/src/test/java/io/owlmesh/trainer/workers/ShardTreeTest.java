// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.workers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.OwlException;
import io.owlmesh.trainer.workers.ShardTree.Node;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShardTreeTest {
  private static final ShardTree TREE = new ShardTree(16);

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 7, 8, 11, 16})
  void theSumIsTheSameBitsHoweverManyWorkersAdd(int workers) {
    Random random = new Random(3);
    float[] shards = new float[16];
    for (int i = 0; i < 16; i++) {
      shards[i] = (random.nextFloat() - 0.5f) * (float) Math.pow(10, random.nextInt(8));
    }
    Map<Node, Float> sums = new HashMap<>();
    for (int rank = 0; rank < workers; rank++) {
      for (Node node : TREE.of(rank, workers)) {
        sums.put(node, ShardTree.sum(node, i -> shards[i], Float::sum));
      }
    }

    Float whole = ShardTree.sum(new Node(0, 16), i -> shards[i], Float::sum);

    assertThat(TREE.sum(sums::get, workers, Float::sum)).isEqualTo(whole);
  }

  @Test
  void everyShardHasOneWorkerAndEveryWorkerAShard() {
    for (int workers = 1; workers <= 16; workers++) {
      int count = workers;
      List<Node> all =
          IntStream.range(0, count).boxed().flatMap(rank -> TREE.of(rank, count).stream()).toList();
      assertThat(all.stream().flatMapToInt(n -> IntStream.range(n.from(), n.to())))
          .containsExactlyElementsOf(IntStream.range(0, 16).boxed().toList());
    }
  }

  @Test
  void whatIsNotThereIsNotAdded() {
    Float sum =
        ShardTree.sum(new Node(0, 16), i -> i == 3 || i == 12 ? (float) i : null, Float::sum);

    assertThat(sum).isEqualTo(15f);
    assertThat(ShardTree.<Float>sum(new Node(0, 16), _ -> null, Float::sum)).isNull();
  }

  @Test
  void tensorsAreSharedOutWholeAndEveryWorkerHasSome() {
    TensorShares shares = TensorShares.of(new long[] {100, 1, 1, 1, 97}, 3);

    assertThat(shares.from(0)).isZero();
    assertThat(shares.to(2)).isEqualTo(5);
    for (int rank = 0; rank < 3; rank++) {
      assertThat(shares.from(rank)).isLessThan(shares.to(rank));
    }
    assertThatThrownBy(() -> TensorShares.of(new long[] {1, 2}, 3))
        .isInstanceOf(OwlException.class)
        .hasMessage("workers: 3, but only 2 tensors learn");
  }
}
