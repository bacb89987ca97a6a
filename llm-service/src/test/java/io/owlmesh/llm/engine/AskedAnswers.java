// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Collects the answers of one request. */
final class AskedAnswers implements TokenListener {
  private final Map<Integer, List<Integer>> tokens = Collections.synchronizedMap(new TreeMap<>());
  private final List<AnswerStats> stats = Collections.synchronizedList(new ArrayList<>());
  final CompletableFuture<AnswerStats> end = new CompletableFuture<>();
  final CompletableFuture<Void> began = new CompletableFuture<>();
  volatile boolean gone;
  volatile boolean ready = true;
  Runnable onToken = () -> {};

  @Override
  public boolean isReady() {
    return ready;
  }

  @Override
  public boolean isGone() {
    return gone;
  }

  @Override
  public void admitted(long queueNanos, int cachedPositions) {
    began.complete(null);
  }

  @Override
  public boolean token(int answer, int id) {
    tokens.computeIfAbsent(answer, _ -> Collections.synchronizedList(new ArrayList<>())).add(id);
    onToken.run();
    return true;
  }

  @Override
  public void ended(int answer, AnswerStats answerStats) {
    stats.add(answerStats);
  }

  @Override
  public void finished() {
    end.complete(stats.getFirst());
  }

  @Override
  public void failed(RuntimeException why) {
    end.completeExceptionally(why);
  }

  /** Ids of the first answer so far. */
  List<Integer> ids() {
    return ids(0);
  }

  /** Ids of an answer so far. */
  List<Integer> ids(int answer) {
    return tokens.getOrDefault(answer, List.of());
  }

  /** Of each answer, in the order in which they ended. */
  List<AnswerStats> stats() {
    return stats;
  }

  /** Waits for the end of all answers; that of the first that ended. */
  AnswerStats await() throws Exception {
    return end.get(60, TimeUnit.SECONDS);
  }
}
