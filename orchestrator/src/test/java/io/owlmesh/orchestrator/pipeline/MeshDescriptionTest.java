// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.mesh.MeshInfo;
import io.owlmesh.proto.llm.v1.DescribeResponse;
import io.owlmesh.proto.llm.v1.Model;
import org.junit.jupiter.api.Test;

class MeshDescriptionTest {
  private static MeshInfo of(String template) {
    return MeshInfo.of(
        io.owlmesh.proto.vision.v1.DescribeResponse.getDefaultInstance(),
        io.owlmesh.proto.abstractor.v1.DescribeResponse.getDefaultInstance(),
        Model.newBuilder()
            .setDescription(
                DescribeResponse.newBuilder().setVisualTokens(576).setChatTemplate(template))
            .build());
  }

  @Test
  void promptsAreLaidOutAsTheLanguageModelWantsThem() {
    MeshInfo mesh = of("mplug-owl");
    assertThat(mesh.template().name()).isEqualTo("mplug-owl");
    assertThat(mesh.visualTokens()).isEqualTo(576);
  }

  @Test
  void aTemplateThatIsNotKnownIsNamedWithTheKnownOnes() {
    assertThatThrownBy(() -> of("llava"))
        .isInstanceOf(OwlException.class)
        .hasMessageContaining(
            "the llm stage wants the chat template 'llava'; known are [mplug-owl");
  }
}
