// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.grpc.Context;
import io.grpc.stub.StreamObserver;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.mesh.PlacedCall;
import io.owlmesh.orchestrator.mesh.StageFailure;
import io.owlmesh.orchestrator.mesh.StageKind;
import io.owlmesh.proto.abstractor.v1.ResampleRequest;
import io.owlmesh.proto.abstractor.v1.ResampleResponse;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import io.owlmesh.proto.tensor.v1.ItemError;
import io.owlmesh.proto.vision.v1.EncodeRequest;
import io.owlmesh.proto.vision.v1.EncodeResponse;
import io.owlmesh.proto.vision.v1.VisionEncoderGrpc;
import io.owlmesh.wire.Faults;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One look at the pictures of a question: files flow into the vision stage, features from there
 * straight on into the abstractor, each as soon as it is ready; visual tokens gather here.
 */
final class ImageEncodingCall {
  private final boolean attention;
  private final Duration patience;
  private final Inactivity silence;
  private final AtomicInteger encoded = new AtomicInteger();
  private final List<PromptImage> pictures;
  private final Listener listener;
  private final CompletableFuture<Void> result = new CompletableFuture<>();
  private final StreamObserver<ResampleRequest> abstractor;
  private final StreamObserver<EncodeRequest> vision;
  // Ends both calls from any thread, also while this one sends; their observers could not.
  private final Context.CancellableContext calls = Context.current().withCancellation();

  /** Hears what the stages report of each picture. */
  interface Listener {
    void encoded(PromptImage picture, EncodeResponse response);

    /**
     * The visual tokens of a picture.
     *
     * @throws OwlException INTERNAL if they can be none
     */
    void resampled(PromptImage picture, ResampleResponse response);
  }

  private ImageEncodingCall(
      PlacedCall encoding,
      PlacedCall resampling,
      List<PromptImage> pictures,
      boolean attention,
      Duration patience,
      Listener listener) {
    this.attention = attention;
    this.patience = patience;
    this.silence = new Inactivity(patience, this::late);
    this.pictures = pictures;
    this.listener = listener;
    Context outer = calls.attach();
    try {
      this.abstractor = VisualAbstractorGrpc.newStub(resampling.channel()).resample(new Tokens());
      this.vision = VisionEncoderGrpc.newStub(encoding.channel()).encode(new Features());
    } finally {
      calls.detach(outer);
    }
  }

  /**
   * Starts looking. The calls end with the current gRPC context.
   *
   * @param attention whether the second stage is asked what its queries attend to, and the first
   *     one what it sees
   * @param patience how long the stages may take to the next image
   * @return done once the listener was told of all pictures; fails with a {@link StageFailure}
   */
  static CompletableFuture<Void> at(
      PlacedCall encoding,
      PlacedCall resampling,
      List<PromptImage> pictures,
      boolean attention,
      Duration patience,
      Listener listener) {
    ImageEncodingCall looking =
        new ImageEncodingCall(encoding, resampling, pictures, attention, patience, listener);
    encoding.onLost(looking.result::completeExceptionally);
    resampling.onLost(looking.result::completeExceptionally);
    looking.result.whenComplete((_, failure) -> {
      looking.silence.close();
      looking.stopIfFailed(failure);
    });
    try {
      looking.silence.await(patience);
      looking.send();
    } catch (RuntimeException e) {
      looking.result.completeExceptionally(e); // A file that could not be read.
    }
    return looking.result;
  }

  private void send() {
    for (int i = 0; i < pictures.size(); i++) {
      vision.onNext(
          EncodeRequest.newBuilder()
              .setId(Integer.toString(i))
              .setImage(pictures.get(i).file().bytes().get())
              .setPicture(attention)
              .build());
    }
    vision.onCompleted();
  }

  private void late(Duration time) {
    boolean seen = encoded.get() == pictures.size();
    result.completeExceptionally(
        StageFailure.silent(
            seen ? StageKind.ABSTRACTOR : StageKind.VISION,
            seen ? "visual tokens" : "features",
            time));
  }

  /** A failure of one stage leaves the other with work that nobody wants. */
  private void stopIfFailed(@Nullable Throwable failure) {
    if (failure != null) {
      calls.cancel(failure);
    }
  }

  private final class Features implements StreamObserver<EncodeResponse> {
    private final Set<String> waiting = ids();

    @Override
    public void onNext(EncodeResponse response) {
      PromptImage picture = picture(StageKind.VISION, response.getId(), waiting);
      if (picture == null) {
        return;
      }
      if (response.hasError()) {
        refuse(StageKind.VISION, picture, response.getError());
        return;
      }
      encoded.incrementAndGet();
      silence.await(patience);
      listener.encoded(picture, response);
      abstractor.onNext(
          ResampleRequest.newBuilder()
              .setId(response.getId())
              .setFeatures(response.getFeatures())
              .setQuestion(picture.question())
              .setAttention(attention)
              .build());
      if (waiting.isEmpty()) {
        abstractor.onCompleted();
      }
    }

    @Override
    public void onError(Throwable failure) {
      fail(StageKind.VISION, failure);
    }

    @Override
    public void onCompleted() {
      if (!waiting.isEmpty()) {
        fail(StageKind.VISION, shortOf("features", waiting));
      }
    }
  }

  private final class Tokens implements StreamObserver<ResampleResponse> {
    private final Set<String> waiting = ids();

    @Override
    public void onNext(ResampleResponse response) {
      PromptImage picture = picture(StageKind.ABSTRACTOR, response.getId(), waiting);
      if (picture == null) {
        return;
      }
      if (response.hasError()) {
        refuse(StageKind.ABSTRACTOR, picture, response.getError());
        return;
      }
      silence.await(patience);
      try {
        listener.resampled(picture, response);
      } catch (OwlException e) {
        fail(StageKind.ABSTRACTOR, e);
      }
    }

    @Override
    public void onError(Throwable failure) {
      fail(StageKind.ABSTRACTOR, failure);
    }

    @Override
    public void onCompleted() {
      if (waiting.isEmpty()) {
        result.complete(null);
      } else {
        fail(StageKind.ABSTRACTOR, shortOf("visual tokens", waiting));
      }
    }
  }

  private Set<String> ids() {
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < pictures.size(); i++) {
      ids.add(Integer.toString(i));
    }
    return ids;
  }

  private static OwlException shortOf(String what, Set<String> missing) {
    return new OwlException(
        Fault.INTERNAL, "", "the stream ended without the %s of %s".formatted(what, missing));
  }

  /** The picture that a stage answers for; null, and all is over, if none waits for this answer. */
  private @Nullable PromptImage picture(StageKind stage, String id, Set<String> waiting) {
    if (waiting.remove(id)) {
      return pictures.get(Integer.parseInt(id));
    }
    fail(
        stage,
        new OwlException(Fault.INTERNAL, "", "an answer came for '" + id + "', which is not due"));
    return null;
  }

  private void fail(StageKind stage, Throwable failure) {
    result.completeExceptionally(new StageFailure(stage, failure));
  }

  /** The caller knows images by their place in the conversation. */
  private void refuse(StageKind stage, PromptImage picture, ItemError error) {
    OwlException fault = Faults.fromItemError(error);
    String field = "images[" + picture.indices().getFirst() + "]";
    fail(stage, new OwlException(fault.code(), field, fault.sentence()));
  }
}
