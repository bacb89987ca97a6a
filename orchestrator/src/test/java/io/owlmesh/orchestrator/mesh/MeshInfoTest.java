// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.OwlException;
import io.owlmesh.proto.llm.v1.DescribeResponse;
import io.owlmesh.proto.llm.v1.Model;
import java.util.List;
import org.junit.jupiter.api.Test;

class MeshInfoTest {
  private static MeshInfo of(String template) {
    return MeshInfo.of(
        "owl",
        Model.newBuilder()
            .setDescription(
                DescribeResponse.newBuilder().setVisualTokens(576).setChatTemplate(template))
            .build(),
        false,
        List.of());
  }

  @Test
  void promptsAreLaidOutAsTheLanguageModelWantsThem() {
    MeshInfo mesh = of("mplug-owl");
    assertThat(mesh.template().name()).isEqualTo("mplug-owl");
    assertThat(mesh.visualTokens()).isEqualTo(576);
  }

  @Test
  void examplesAreThoseOfTheLanguageModel() {
    assertThat(of("mplug-owl").examples()).isEqualTo("[]");
    String examples = "[{\"question\":\"Who?\"}]";
    Model model =
        Model.newBuilder()
            .setDescription(
                DescribeResponse.newBuilder().setChatTemplate("mplug-owl").setExamples(examples))
            .build();

    assertThat(MeshInfo.of("owl", model, false, List.of()).examples()).isEqualTo(examples);
  }

  @Test
  void aTemplateThatIsNotKnownIsNamedWithTheKnownOnes() {
    assertThatThrownBy(() -> of("parrot"))
        .isInstanceOf(OwlException.class)
        .hasMessageContaining("the llm stage wants the chat template 'parrot'; known are [")
        .hasMessageContaining("mplug-owl");
  }
}
