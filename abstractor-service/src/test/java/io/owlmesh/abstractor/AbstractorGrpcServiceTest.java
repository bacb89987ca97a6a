// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.abstractor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.owlmesh.proto.abstractor.v1.ResampleResponse;
import io.owlmesh.proto.tensor.v1.DataType;
import io.owlmesh.proto.tensor.v1.ItemError;
import io.owlmesh.proto.tensor.v1.Lineage;
import io.owlmesh.proto.tensor.v1.Tensor;
import io.owlmesh.wire.TensorCodec;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The service behind a real socket, with the tiny model. */
class AbstractorGrpcServiceTest {
  private static RunningAbstractor abstractor;

  @BeforeAll
  static void start() throws Exception {
    abstractor = RunningAbstractor.start();
  }

  @AfterAll
  static void stop() {
    abstractor.close();
  }

  private static Tensor features() {
    return abstractor.features();
  }

  private static Map<String, ResampleResponse> resample(Map<String, Tensor> features) {
    return abstractor.resample(features);
  }

  /** The error of one wrong tensor, sent beside a right one that must be answered. */
  private static ItemError refuse(Tensor wrong) {
    Map<String, ResampleResponse> responses = resample(Map.of("good", features(), "wrong", wrong));
    assertThat(RunningAbstractor.at(responses, "good").hasVisualTokens()).isTrue();
    assertThat(RunningAbstractor.at(responses, "wrong").hasError()).isTrue();
    return RunningAbstractor.at(responses, "wrong").getError();
  }

  @Test
  void visualTokensAreThoseOfTheReference() {
    ResampleResponse response = RunningAbstractor.at(resample(Map.of("a", features())), "a");

    float[] found =
        TensorCodec.fromProto(response.getVisualTokens(), "visual_tokens", 7, 64).toFloats();
    float[] wanted =
        RunningAbstractor.at(RunningAbstractor.GOLDEN, "visual_tokens/rgb.png").toFloats();
    for (int i = 0; i < wanted.length; i++) {
      assertThat(found[i]).isCloseTo(wanted[i], within(2e-4f + 1e-4f * Math.abs(wanted[i])));
    }
    Lineage lineage = response.getVisualTokens().getLineage();
    assertThat(lineage.getContentKey()).isEqualTo("00");
    assertThat(lineage.getAbstractorDigest()).isEqualTo(abstractor.stage().engine().digest());
  }

  @Test
  void aShapeThatLiesIsRefused() {
    ItemError error = refuse(features().toBuilder().setShape(0, 32).setShape(1, 17).build());

    assertThat(error.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT.value());
    assertThat(error.getField()).isEqualTo("features.shape");
    assertThat(error.getMessage()).contains("[32, 17]", "[17, 32]");
  }

  @Test
  void aByteCountThatLiesIsRefused() {
    Tensor right = features();
    ItemError error = refuse(right.toBuilder().setData(right.getData().substring(4)).build());

    assertThat(error.getField()).isEqualTo("features.data");
    assertThat(error.getMessage()).contains("2172", "2176");
  }

  @Test
  void notANumberIsRefused() {
    byte[] bytes = features().getData().toByteArray();
    bytes[4 * 5 + 2] = (byte) 0xc0;
    bytes[4 * 5 + 3] = 0x7f;
    ItemError error = refuse(features().toBuilder().setData(ByteString.copyFrom(bytes)).build());

    assertThat(error.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT.value());
    assertThat(error.getField()).isEqualTo("features.data");
    assertThat(error.getMessage()).contains("value 5");
  }

  @Test
  void anUnknownTypeIsRefused() {
    ItemError error =
        refuse(features().toBuilder().setDataType(DataType.DATA_TYPE_UNSPECIFIED).build());

    assertThat(error.getField()).isEqualTo("features.data_type");
  }

  @Test
  void featuresOfOtherWeightsAreRefusedNamingBothDigests() {
    String other = "ab".repeat(32);
    Tensor foreign =
        features().toBuilder()
            .setLineage(features().getLineage().toBuilder().setVisionDigest(other))
            .build();

    ItemError error = refuse(foreign);

    assertThat(error.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION.value());
    assertThat(error.getMessage()).contains(other, abstractor.stage().engine().visionDigest());
  }

  @Test
  void featuresOfUnknownOriginAreRefused() {
    ItemError error = refuse(features().toBuilder().clearLineage().build());

    assertThat(error.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT.value());
    assertThat(error.getField()).isEqualTo("lineage");
  }
}
