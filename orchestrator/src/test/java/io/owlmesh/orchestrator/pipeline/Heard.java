// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.owlmesh.proto.chat.v1.Stage;
import io.owlmesh.proto.llm.v1.Finished;
import io.owlmesh.proto.llm.v1.Token;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Keeps what it hears, and reads on at once. */
class Heard implements AnswerListener {
  final List<String> stages = Collections.synchronizedList(new ArrayList<>());

  /** Of the stages, what came from memory. */
  final List<String> cached = Collections.synchronizedList(new ArrayList<>());

  /** How many tokens there were each time that the answer went on elsewhere. */
  final List<Integer> moves = Collections.synchronizedList(new ArrayList<>());

  final StringBuilder text = new StringBuilder();
  private int tokens;

  @Override
  public void stage(Stage stage, List<Integer> indices, boolean known) {
    stages.add(stage + " " + indices + (known ? " cached" : ""));
    if (known) {
      cached.add(stage + " " + indices);
    }
  }

  @Override
  public synchronized void token(Token token) {
    text.append(token.getText());
    tokens++;
    notifyAll();
  }

  /** Waits until so many tokens have come. */
  synchronized void awaitTokens(int count) {
    try {
      while (tokens < count) {
        wait();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void moved(int tokens) {
    moves.add(tokens);
  }

  @Override
  public synchronized void ended(Finished end) {
    text.append(end.getText());
  }

  @Override
  public void whenReady(Runnable next) {
    next.run();
  }
}
