// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.mesh.MeshInfo;
import io.owlmesh.orchestrator.mesh.MeshReplicas;
import io.owlmesh.orchestrator.mesh.PlacedCall;
import io.owlmesh.orchestrator.mesh.StageFailure;
import io.owlmesh.orchestrator.mesh.StageKind;
import io.owlmesh.orchestrator.mesh.StageWork;
import io.owlmesh.proto.abstractor.v1.ResampleResponse;
import io.owlmesh.proto.tensor.v1.DataType;
import io.owlmesh.proto.tensor.v1.Tensor;
import io.owlmesh.proto.vision.v1.EncodeResponse;
import io.owlmesh.wire.TensorCodec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Makes visual tokens of pictures, on whichever replicas of the two stages are there.
 *
 * @param attention whether it tells what the connector's queries attend to, in place of tokens
 */
record PictureEncoder(MeshReplicas replicas, Duration patience, int attempts, boolean attention) {
  /** Hears what is done for each picture, and where. */
  interface Listener {
    default void encoded(PlacedCall place, PromptImage picture, EncodeResponse response) {}

    default void resampled(PlacedCall place, PromptImage picture, ResampleResponse response) {}
  }

  /**
   * Encodes, blocking; pictures that were done when a replica failed are not done again.
   *
   * @param mesh whose replicas may do it
   * @return visual tokens [T, H], or attention [2, Q, patches], in the order of the pictures
   * @throws StageFailure naming the stage that failed
   */
  List<Tensor> encode(List<PromptImage> pictures, MeshInfo mesh, Listener listener) {
    Map<PromptImage, Tensor> done = new ConcurrentHashMap<>();
    Failover vision = new Failover(replicas.of(StageKind.VISION), attempts, true);
    Failover abstractor = new Failover(replicas.of(StageKind.ABSTRACTOR), attempts, true);
    boolean suspected = false;
    while (true) {
      List<PromptImage> missing =
          pictures.stream().filter(picture -> !done.containsKey(picture)).toList();
      if (missing.isEmpty()) {
        vision.succeeded();
        abstractor.succeeded();
        return pictures.stream().map(picture -> Objects.requireNonNull(done.get(picture))).toList();
      }
      StageWork work = StageWork.pictures(mesh.digests(), missing.size());
      PlacedCall encoding = place(StageKind.VISION, vision, work);
      PlacedCall resampling;
      try {
        resampling = place(StageKind.ABSTRACTOR, abstractor, work);
      } catch (RuntimeException e) {
        encoding.abandoned();
        throw e;
      }
      try {
        new Attempt(encoding, resampling, attention, mesh.visualTokens(), done, listener)
            .run(missing, patience);
        encoding.succeeded();
        resampling.succeeded();
      } catch (StageFailure e) {
        // No caller makes features: whoever made them is asked first whether they are right.
        boolean refused = e.stage() == StageKind.ABSTRACTOR && e.isRefusal();
        boolean again = refused && !suspected && visionHasOthers(encoding);
        boolean ofVision = e.stage() == StageKind.VISION || again;
        suspected = suspected || again;
        (ofVision ? resampling : encoding).abandoned();
        (ofVision ? vision : abstractor)
            .failed(ofVision ? encoding : resampling, again ? StageFailure.unusable(e) : e);
      } catch (RuntimeException e) {
        encoding.abandoned();
        resampling.abandoned();
        throw e;
      }
    }
  }

  private boolean visionHasOthers(PlacedCall encoding) {
    return replicas.of(StageKind.VISION).isServedWithout(encoding.replica());
  }

  /** Whoever finds no place hears which stage has none. */
  private static PlacedCall place(StageKind stage, Failover failover, StageWork work) {
    try {
      return failover.place(work);
    } catch (OwlException e) {
      throw new StageFailure(stage, e);
    }
  }

  /** Both stages once. */
  private record Attempt(
      PlacedCall encoding,
      PlacedCall resampling,
      boolean attention,
      int rows,
      Map<PromptImage, Tensor> done,
      Listener told)
      implements ImageEncodingCall.Listener {
    void run(List<PromptImage> pictures, Duration patience) {
      try {
        ImageEncodingCall.at(encoding, resampling, pictures, attention, patience, this).join();
      } catch (CompletionException e) {
        throw e.getCause() instanceof RuntimeException failure ? failure : e;
      }
    }

    @Override
    public void encoded(PromptImage picture, EncodeResponse response) {
      encoding.responded();
      resampling.asked();
      told.encoded(encoding, picture, response);
    }

    @Override
    public void resampled(PromptImage picture, ResampleResponse response) {
      if (!attention) {
        check(response.getVisualTokens());
      }
      resampling.responded();
      done.put(picture, attention ? response.getAttention() : response.getVisualTokens());
      told.resampled(resampling, picture, response);
    }

    /** Before they are kept for others; of a tensor without a type the language model says so. */
    private void check(Tensor tokens) {
      if (tokens.getDataType() == DataType.DATA_TYPE_UNSPECIFIED) {
        return;
      }
      long columns = tokens.getShapeCount() == 2 ? tokens.getShape(1) : 0;
      try {
        var _ = TensorCodec.fromProto(tokens, "visual_tokens", rows, columns);
      } catch (OwlException e) {
        throw new OwlException(
            Fault.INTERNAL, "", "the stage made what is of no use: " + e.getMessage(), e);
      }
    }
  }
}
