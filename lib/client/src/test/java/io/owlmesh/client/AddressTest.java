// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressTest {
  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1:9000", "owl.example:1", "[::1]:65535"})
  void anAddressReadsAsItIsWritten(String text) {
    assertThat(Address.parse(text)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "owl", ":9000", "owl:", "owl:0", "owl:65536", "owl:http"})
  void whatIsNoAddressIsRefusedWithAnExample(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Address.parse(text))
        .withMessageContaining("127.0.0.1:9000");
  }
}
