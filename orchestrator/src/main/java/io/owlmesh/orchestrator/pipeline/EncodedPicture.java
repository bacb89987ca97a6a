// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.mesh.StageFailure;
import io.owlmesh.orchestrator.mesh.StageKind;
import io.owlmesh.proto.tensor.v1.Lineage;
import io.owlmesh.proto.tensor.v1.Tensor;
import io.owlmesh.wire.TensorCodec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.Stream;

/**
 * What the visual stages made of a picture.
 *
 * @param shape [rows, columns]
 * @param weights digests of those that made it
 * @param floats float32, little-endian
 */
public record EncodedPicture(List<Long> shape, List<String> weights, ByteString floats) {
  /**
   * Reads what a stage made.
   *
   * @throws StageFailure if it is no matrix of numbers
   */
  static EncodedPicture of(Tensor made) {
    Lineage lineage = made.getLineage();
    boolean tokens = !lineage.getAbstractorDigest().isEmpty();
    try {
      if (made.getShapeCount() != 2) {
        throw OwlException.badInput("shape", made.getShapeList() + " is no matrix");
      }
      float[] values =
          TensorCodec.fromProto(made, "encoding", made.getShape(0), made.getShape(1)).toFloats();
      ByteBuffer bytes =
          ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(values);
      return new EncodedPicture(
          made.getShapeList(),
          Stream.of(lineage.getVisionDigest(), lineage.getAbstractorDigest())
              .filter(digest -> !digest.isEmpty())
              .toList(),
          UnsafeByteOperations.unsafeWrap(bytes));
    } catch (OwlException e) {
      throw new StageFailure(
          tokens ? StageKind.ABSTRACTOR : StageKind.VISION,
          new OwlException(
              Fault.INTERNAL, "", "the stage made what is of no use: " + e.sentence()));
    }
  }
}
