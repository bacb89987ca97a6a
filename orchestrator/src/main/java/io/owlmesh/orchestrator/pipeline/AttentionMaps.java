// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.mesh.StageFailure;
import io.owlmesh.orchestrator.mesh.StageKind;
import io.owlmesh.proto.chat.v1.GetAttentionResponse;
import io.owlmesh.proto.tensor.v1.Tensor;
import io.owlmesh.wire.TensorCodec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.jboss.logging.Logger;

/** Attention of a connector's queries, as callers see it: over the rows and columns of patches. */
final class AttentionMaps {
  private static final Logger LOG = Logger.getLogger(AttentionMaps.class);

  private static final int MAX_QUERIES = 1_024;
  private static final int MAX_PATCHES = 4_096;
  private static final int MAX_SIDE = 1_024;

  private AttentionMaps() {}

  /**
   * Reads what the two stages answered.
   *
   * @param attention [2, Q, patches], the patches of a square; [0, 0, P] without queries
   * @param picture [S, S, 3], as the first stage sees it; empty if it does not tell. One that is
   *     something else is left out: the maps are right without it
   * @param readsQuestion whether it depends on what was asked
   * @throws StageFailure if the attention is something else
   */
  static GetAttentionResponse of(Tensor attention, ByteString picture, boolean readsQuestion) {
    List<Long> shape = attention.getShapeList();
    GetAttentionResponse.Builder response =
        GetAttentionResponse.newBuilder().setReadsQuestion(readsQuestion);
    int pictureSide = side(picture);
    if (pictureSide > 0) {
      response.setPicture(picture).setPictureSide(pictureSide);
    }
    if (shape.size() == 3 && shape.get(0) == 0) {
      return response.build();
    }
    int side = shape.size() == 3 ? (int) Math.sqrt(shape.get(2)) : 0;
    if (side == 0
        || shape.get(0) != 2
        || shape.get(1) < 1
        || shape.get(1) > MAX_QUERIES
        || shape.get(2) > MAX_PATCHES
        || (long) side * side != shape.get(2)) {
      throw wrong("of the shape " + shape);
    }
    int queries = Math.toIntExact(shape.get(1));
    float[] values = values(attention, queries, side);
    return response
        .setQueries(queries)
        .setRows(side)
        .setColumns(side)
        .setFirstLayer(UnsafeByteOperations.unsafeWrap(bytes(values, 0)))
        .setLastLayer(UnsafeByteOperations.unsafeWrap(bytes(values, values.length / 2)))
        .build();
  }

  /** S of [S, S, 3]; 0 if it is none, or too large. */
  private static int side(ByteString picture) {
    int side = (int) Math.sqrt(picture.size() / 3.0);
    if (side > MAX_SIDE || 3 * side * side != picture.size()) {
      LOG.warnf("The vision stage tells a picture of %d bytes, no square", picture.size());
      return 0;
    }
    return side;
  }

  private static float[] values(Tensor attention, int queries, int side) {
    try {
      return TensorCodec.fromProto(attention, "attention", 2, queries, (long) side * side)
          .toFloats();
    } catch (OwlException e) {
      throw wrong(e.sentence());
    }
  }

  private static StageFailure wrong(String what) {
    return new StageFailure(
        StageKind.ABSTRACTOR, new OwlException(Fault.INTERNAL, "", "attention: " + what));
  }

  private static ByteBuffer bytes(float[] values, int from) {
    float[] half = Arrays.copyOfRange(values, from, from + values.length / 2);
    ByteBuffer bytes = ByteBuffer.allocate(4 * half.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(half);
    return bytes;
  }
}
