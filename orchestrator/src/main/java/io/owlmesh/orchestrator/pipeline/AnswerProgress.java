// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.owlmesh.proto.llm.v1.Finished;
import io.owlmesh.proto.llm.v1.GenerateResponse;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.proto.llm.v1.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How far an answer is, whoever writes it: its listener hears each token once, from one writer at a
 * time.
 */
final class AnswerProgress {
  private final GenerationOptions options;
  private final AnswerListener listener;
  private final Runnable onFirst;
  private final int answers;
  private final int context;
  private final int usualNewTokens;
  private final List<Integer> ids = new ArrayList<>();
  private final List<Finished> ends = new ArrayList<>();
  private @Nullable Writer writer;
  private int promptTokens;
  private boolean began;
  private boolean lastEndsAnswer;

  /**
   * @param onFirst run when the first token arrives
   * @param context positions of prompt and answer together
   * @param usualNewTokens of answers whose options name no limit; 0 if not known
   */
  AnswerProgress(
      GenerationOptions options,
      AnswerListener listener,
      Runnable onFirst,
      int context,
      int usualNewTokens) {
    this.options = options;
    this.listener = listener;
    this.onFirst = onFirst;
    this.answers = Math.max(options.getN(), 1);
    this.context = context;
    this.usualNewTokens = usualNewTokens;
  }

  /** Whoever writes the answer now. What it is told after another began is dropped. */
  final class Writer {
    private int repeated;

    private Writer(int repeated) {
      this.repeated = repeated;
    }

    void heard(GenerateResponse response) {
      synchronized (AnswerProgress.this) {
        if (writer == this) {
          take(response);
        }
      }
    }

    private void take(GenerateResponse response) {
      switch (response.getEventCase()) {
        case ACCEPTED -> {
          promptTokens = response.getAccepted().getPromptTokens();
          listener.accepted(promptTokens);
        }
        case TOKEN -> {
          if (repeated > 0) {
            repeated--; // Chosen once more, to find out that it was the last.
          } else {
            token(response.getToken());
          }
        }
        case FINISHED -> {
          listener.ended(response.getFinished());
          ends.add(response.getFinished());
        }
        case EVENT_NOT_SET -> {}
      }
    }

    /** As of the listener; one that does not write any more is not called. */
    void whenReady(Runnable next) {
      synchronized (AnswerProgress.this) {
        if (writer == this) {
          listener.whenReady(next);
        }
      }
    }

    /** The ends of all answers, once they are there. */
    Optional<List<Finished>> ends() {
      synchronized (AnswerProgress.this) {
        return ends.size() == answers ? Optional.of(List.copyOf(ends)) : Optional.empty();
      }
    }
  }

  private void token(Token token) {
    if (!began) {
      began = true;
      onFirst.run();
    }
    if (answers == 1) {
      ids.add(token.getId());
      lastEndsAnswer = token.getBytes().isEmpty();
    }
    listener.token(token);
  }

  /**
   * Whoever wrote the answer is not heard any more.
   *
   * @return the ends of all answers, if they are there
   */
  synchronized Optional<List<Finished>> stop() {
    Optional<List<Finished>> all = writer == null ? Optional.empty() : writer.ends();
    writer = null;
    return all;
  }

  /** Takes the answer from whoever wrote it, for another to go on. */
  synchronized Writer take() {
    Writer next = new Writer(isLastRepeated() ? 1 : 0);
    writer = next;
    return next;
  }

  /** How the next writer is to go on, at any time after {@link #take}. */
  synchronized GenerationOptions options() {
    int kept = ids.size() - (isLastRepeated() ? 1 : 0);
    return options.toBuilder().addAllResumedTokens(ids.subList(0, kept)).build();
  }

  /**
   * After a token that may be the last one there may be nothing to go on with: it is chosen again,
   * and the end is told with it.
   */
  private boolean isLastRepeated() {
    return !ids.isEmpty()
        && (lastEndsAnswer || options.getStopCount() > 0 || ids.size() >= limit());
  }

  private int limit() {
    int asked = options.hasMaxNewTokens() ? options.getMaxNewTokens() : usualNewTokens;
    int room = promptTokens == 0 ? Integer.MAX_VALUE : context - promptTokens;
    return Math.min(asked == 0 ? Integer.MAX_VALUE : asked, room);
  }

  synchronized boolean began() {
    return began;
  }

  /** Whether another may go on with what there is. */
  synchronized boolean isMovable() {
    return !began || (answers == 1 && options.getBeams() <= 1);
  }

  /** Tokens that were told. */
  synchronized int tokens() {
    return ids.size();
  }

  /** The listener hears that another goes on. */
  void moved() {
    listener.moved(tokens());
  }
}
