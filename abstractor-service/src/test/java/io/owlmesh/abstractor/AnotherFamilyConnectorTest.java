// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.abstractor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.HostTensor;
import io.owlmesh.model.family.patchchat.PatchChatFamily;
import io.owlmesh.model.weights.SafetensorsFile;
import io.owlmesh.proto.abstractor.v1.DescribeRequest;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import java.nio.file.Path;
import java.util.Objects;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnotherFamilyConnectorTest {
  @Test
  void aConnectorOfAFamilyThatTheServiceDoesNotKnowMakesVisualTokens(@TempDir Path temp)
      throws Exception {
    try (RunningAbstractor connector =
        RunningAbstractor.start(PatchChatFamily.checkpoint(temp.resolve("model")))) {
      var description =
          VisualAbstractorGrpc.newBlockingStub(connector.channel())
              .describe(DescribeRequest.getDefaultInstance());
      assertThat(description.getVisualTokens()).isEqualTo(9);
      assertThat(description.getWidth()).isEqualTo(32);

      float[] one = new float[9 * 12];
      one[0] = 1;
      HostTensor tokens =
          connector
              .stage()
              .engine()
              .resample(HostTensor.ofFloats(one, 9, 12), "", Long.MAX_VALUE)
              .join()
              .value();
      float[] values = tokens.toFloats();
      // A linear projection: a row without features has but the bias, which is zero.
      assertThat(values[0]).isNotZero();
      assertThat(values[32]).isZero();
    }
  }

  @Test
  void aConnectorThatReadsTheQuestionMakesOtherTokensForAnotherOne() throws Exception {
    Path golden = Path.of("../lib/model/src/test/resources/instructblip-tiny");
    SortedMap<String, HostTensor> forward =
        SafetensorsFile.load(golden.resolve("forward.safetensors"));
    try (RunningAbstractor connector =
        RunningAbstractor.start(golden.resolve("checkpoints/safetensors-sharded-bf16"))) {
      assertThat(
              VisualAbstractorGrpc.newBlockingStub(connector.channel())
                  .describe(DescribeRequest.getDefaultInstance())
                  .getReadsQuestion())
          .isTrue();
      AbstractorEngine engine = connector.stage().engine();
      HostTensor picture = Objects.requireNonNull(forward.get("features/photo-b.jpg"));
      var unusual = engine.resample(picture, "What is unusual about this image?", Long.MAX_VALUE);
      var birds = engine.resample(picture, "How many birds are in the picture?", Long.MAX_VALUE);

      assertClose(unusual.join().value(), forward.get("visual_tokens/unusual"));
      assertClose(birds.join().value(), forward.get("visual_tokens/same-image-other-question"));
      assertThatThrownBy(() -> engine.resample(picture, "?".repeat(20_000), Long.MAX_VALUE))
          .hasMessageContaining("the limit is 16384");
    }
  }

  private static void assertClose(HostTensor actual, @Nullable HostTensor expected) {
    float[] values = actual.toFloats();
    float[] wanted = Objects.requireNonNull(expected).toFloats();
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < wanted.length; i++) {
      difference += Math.pow(values[i] - wanted[i], 2);
      norm += Math.pow(wanted[i], 2);
    }
    // The checkpoint is in bfloat16, and so is the arithmetic.
    assertThat(Math.sqrt(difference / norm)).isLessThan(0.04);
  }
}
