// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import com.google.protobuf.ByteString;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.orchestrator.mesh.MeshInfo;
import io.owlmesh.orchestrator.mesh.PlacedCall;
import io.owlmesh.orchestrator.mesh.PromptNames;
import io.owlmesh.orchestrator.mesh.ReplicaSet;
import io.owlmesh.orchestrator.mesh.StageFailure;
import io.owlmesh.orchestrator.mesh.StageKind;
import io.owlmesh.orchestrator.mesh.StageTimeouts;
import io.owlmesh.orchestrator.mesh.StageWork;
import io.owlmesh.proto.llm.v1.Finished;
import io.owlmesh.proto.llm.v1.PromptPart;
import io.owlmesh.proto.tensor.v1.Tensor;
import io.owlmesh.wire.identity.Caller;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The language model's part of an answer, on whichever replica: one that fails before the first
 * token is followed by another, and so is one that fails after it, which goes on with the tokens
 * that are there, a few times: an answer of which every replica fails must not end them all.
 */
final class Generation {
  private static final long MOVE_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long MOVE_PAUSE_MILLIS = 100;
  private static final int MOST_MOVES = 8;
  private static final String HELD_IMAGE = "held_image";

  private final ChatRequest question;
  private final PictureTokens pictures;
  private final StageTimeouts timeouts;
  private final AnswerProgress progress;
  private final Timings timings;
  private final Failover failover;
  private final PromptNames.Seed seed;
  private final PromptNames names;
  private final List<PromptImage> places;
  private final StageWork work;
  private int tokensBefore;
  private int failedMoves; // After a failure; replicas that drain do not count.
  // Of an answer that has begun, when it failed first without a token more.
  private long stuckSince;
  private boolean mayHold = true;

  /**
   * @param mesh whose replicas may write it
   * @param attempts at most without a token between
   */
  Generation(
      ReplicaSet models,
      MeshInfo mesh,
      ChatRequest question,
      PictureTokens pictures,
      AnswerProgress progress,
      Timings timings,
      StageTimeouts timeouts,
      int attempts) {
    this.timings = timings;
    this.question = question;
    this.pictures = pictures;
    this.progress = progress;
    this.timeouts = timeouts;
    this.failover = new Failover(models, attempts, false);
    this.places = question.places(mesh.readsQuestion());
    String adapter = question.options().getAdapter();
    Optional<String> digest = models.adapter(mesh.digests(), adapter);
    this.seed =
        new PromptNames.Seed(
            mesh.digests(), adapter + " " + digest.orElse(""), Caller.currentOwner().name());
    this.names =
        PromptNames.of(
            question.prompt(),
            places.stream().map(PromptImage::key).toList(),
            mesh.visualTokens(),
            seed);
    this.work = new StageWork(mesh.digests(), 1, names.total(), adapter, digest, names);
  }

  /**
   * Answers, blocking until the end.
   *
   * @throws StageFailure of the last replica that failed, or of a stage of images
   * @throws OwlException UNAVAILABLE or SATURATED if no replica takes it
   */
  List<Finished> run() {
    @Nullable StageFailure last = null;
    while (true) {
      PlacedCall place = place(last);
      try {
        List<Finished> ends = attempt(place);
        place.succeeded();
        failover.succeeded();
        return ends;
      } catch (StageFailure e) {
        if (e.stage() != StageKind.LLM) {
          place.abandoned();
          throw e;
        }
        Optional<List<Finished>> ends = progress.stop();
        if (ends.isPresent()) {
          place.succeeded(); // All was told; only the call was still open.
          return ends.get();
        }
        goOn(place, e);
        last = e;
      } catch (RuntimeException e) {
        place.abandoned();
        throw e;
      }
    }
  }

  /** Decides whether another try follows a failure. */
  private void goOn(PlacedCall place, StageFailure failure) {
    if (mayHold && failure.fault().field().equals(HELD_IMAGE)) {
      mayHold = false; // It is there; the same prompt follows with the tokens themselves.
      place.failed(failure);
      return;
    }
    boolean moves = progress.began() && !failure.isDraining();
    // An answer that failed so often may be what replicas fail of.
    if (!progress.isMovable() || (moves && ++failedMoves > MOST_MOVES)) {
      place.failed(failure);
      throw failure;
    }
    if (progress.tokens() > tokensBefore) {
      stuckSince = System.nanoTime();
      tokensBefore = progress.tokens();
      failover.progressed();
    }
    failover.failed(place, failure);
    if (progress.began()) {
      place.moved();
    }
  }

  /** An answer that has begun waits a while for a replica that could go on with it. */
  private PlacedCall place(@Nullable StageFailure last) {
    while (true) {
      try {
        PlacedCall place = failover.place(work);
        tell(place, last);
        return place;
      } catch (StageFailure | OwlException e) {
        boolean missing =
            e instanceof StageFailure || ((OwlException) e).fault() == Fault.UNAVAILABLE;
        boolean waits = progress.began() && System.nanoTime() - stuckSince < MOVE_NANOS;
        if (last == null || !missing || !waits || !last.isTransient()) {
          throw e;
        }
        failover.progressed(); // Whoever failed may be back.
        Failover.sleep(MOVE_PAUSE_MILLIS, last);
      }
    }
  }

  private void tell(PlacedCall place, @Nullable StageFailure last) {
    Span span = Span.current();
    span.setAttribute("owl.replica", place.replica().address());
    span.setAttribute("owl.placement.reason", place.choice().reason());
    span.setAttribute("owl.placement.cached_positions", place.cached());
    double millis = place.choice().expectedSeconds() * 1e3;
    if (!Double.isNaN(millis)) {
      span.setAttribute("owl.placement.expected_ms", millis);
    }
    span.addEvent(
        "placed",
        Attributes.builder()
            .put("owl.replica", place.replica().address())
            .put("owl.placement.candidates", String.join("; ", place.choice().told()))
            .build());
    if (last != null && progress.began()) {
      span.addEvent(
          "moved",
          Attributes.builder()
              .put("owl.replica", place.replica().address())
              .put("owl.tokens_kept", progress.tokens())
              .put("owl.reason", String.valueOf(last.getMessage()))
              .build());
      progress.moved();
    }
  }

  private List<Finished> attempt(PlacedCall place) {
    GenerationCall call = GenerationCall.open(place, progress.take(), timeouts);
    try {
      return speak(place, call);
    } finally {
      if (call.isAsked()) {
        timings.wrote(place, call.firstAt());
      }
      call.end();
    }
  }

  private List<Finished> speak(PlacedCall place, GenerationCall call) {
    List<PromptImage> needed = new ArrayList<>();
    List<PromptImage> held = new ArrayList<>();
    for (PromptImage picture : places) {
      ByteString key = seed.picture(picture.key());
      (mayHold && place.replica().holds(key) ? held : needed).add(picture);
    }
    held.forEach(pictures::held);
    pictures.need(needed.stream().distinct().toList());
    List<Prompt.Part> parts = question.prompt().parts();
    int image = 0;
    for (int i = 0; i < parts.size(); i++) {
      PromptPart.Builder piece = PromptPart.newBuilder().setChain(names.parts().get(i));
      switch (parts.get(i)) {
        case Prompt.Text(String text) -> piece.setText(text);
        case Prompt.Mark(String token) -> piece.setMark(token);
        case Prompt.Image _ -> {
          PromptImage picture = places.get(image++);
          ByteString key = seed.picture(picture.key());
          if (held.contains(picture)) {
            piece.setHeldImage(key);
          } else {
            Tensor tokens = call.await(pictures.of(picture));
            piece.setVisualTokens(tokens).setImageKey(key);
          }
        }
      }
      call.send(piece.build());
    }
    return call.ask(progress.options());
  }
}
