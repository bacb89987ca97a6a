// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BlockHashTest {
  private static final byte[] CONTENT = {1, 2, 3};

  private static BlockHash block(String adapter, String tenant) {
    return BlockHash.of(BlockHash.root(adapter, tenant), CONTENT);
  }

  @Test
  void theSamePositionsOfAnotherTenantOrAdapterAreAnotherBlock() {
    assertThat(block("a", "zoo")).isEqualTo(block("a", "zoo"));
    assertThat(block("a", "zoo")).isNotEqualTo(block("a", "park"));
    assertThat(block("a", "zoo")).isNotEqualTo(block("b", "zoo"));
    assertThat(block("", "azoo")).isNotEqualTo(block("a", "zoo"));
  }
}
