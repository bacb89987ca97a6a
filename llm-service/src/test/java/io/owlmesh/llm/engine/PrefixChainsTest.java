// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.owlmesh.stage.HeldNames;
import org.junit.jupiter.api.Test;

class PrefixChainsTest {
  private final HeldNames held = new HeldNames();
  private final PrefixChains chains = new PrefixChains(held);

  private static ByteString name(int number) {
    return ByteString.copyFromUtf8(Integer.toString(number));
  }

  @Test
  void allNamesOfABlockGoWithIt() {
    chains.put(name(1), 7, 16);
    chains.put(name(2), 7, 16);
    chains.put(name(3), 8, 32);
    chains.forget(7);
    chains.forget(9);

    assertThat(held.count(HeldNames.Kind.CHAIN)).isEqualTo(1);
  }

  @Test
  void aNameThatMovedIsNotLostWithItsOldBlock() {
    chains.put(name(1), 7, 16);
    chains.put(name(1), 8, 32);
    chains.forget(7);

    assertThat(held.count(HeldNames.Kind.CHAIN)).isEqualTo(1);
    chains.forget(8);
    assertThat(held.count(HeldNames.Kind.CHAIN)).isZero();
  }

  @Test
  void theNamesThatWereNamedLongestAgoMakeRoomForOthers() {
    for (int i = 0; i < HeldNames.MOST; i++) {
      chains.put(name(i), i, 16);
    }
    chains.put(name(0), 0, 16);
    chains.put(name(-1), 1, 16);

    assertThat(held.count(HeldNames.Kind.CHAIN)).isEqualTo(HeldNames.MOST);
    chains.forget(1);
    assertThat(held.count(HeldNames.Kind.CHAIN)).isEqualTo(HeldNames.MOST - 1);
    chains.forget(0);
    assertThat(held.count(HeldNames.Kind.CHAIN)).isEqualTo(HeldNames.MOST - 2);
  }
}
