// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.abstractor;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.core.HostTensor;
import io.owlmesh.model.family.patchchat.PatchChatFamily;
import io.owlmesh.proto.abstractor.v1.DescribeRequest;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import java.nio.file.Path;
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
              .resample(HostTensor.ofFloats(one, 9, 12), Long.MAX_VALUE)
              .join()
              .value();
      float[] values = tokens.toFloats();
      // A linear projection: a row without features has but the bias, which is zero.
      assertThat(values[0]).isNotZero();
      assertThat(values[32]).isZero();
    }
  }
}
