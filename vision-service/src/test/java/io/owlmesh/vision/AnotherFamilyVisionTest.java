// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.vision;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.model.family.patchchat.PatchChatFamily;
import io.owlmesh.proto.vision.v1.DescribeRequest;
import io.owlmesh.proto.vision.v1.VisionEncoderGrpc;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnotherFamilyVisionTest {
  @Test
  void aTowerOfAFamilyThatTheServiceDoesNotKnowEncodes(@TempDir Path temp) throws Exception {
    try (RunningVision vision =
        RunningVision.start(PatchChatFamily.checkpoint(temp.resolve("model")))) {
      var description =
          VisionEncoderGrpc.newBlockingStub(vision.channel())
              .describe(DescribeRequest.getDefaultInstance());
      assertThat(description.getTokens()).isEqualTo(9);
      assertThat(description.getWidth()).isEqualTo(12);

      var encoded = vision.encode(Map.of("a", RunningVision.image("rgb.png")));
      assertThat(RunningVision.at(encoded, "a").getFeatures().getShapeList())
          .containsExactly(9L, 12L);
    }
  }
}
