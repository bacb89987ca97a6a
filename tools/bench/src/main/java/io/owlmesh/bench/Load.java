// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import io.owlmesh.client.AnswerFailed;
import io.owlmesh.client.AskRequest;
import io.owlmesh.client.ChatClient;
import io.owlmesh.client.Trace;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.chat.v1.AnswerResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** Sends requests, a fixed number of them at a time: the next begins when one ends. */
public final class Load {
  private final ChatClient client;
  private final IntFunction<AskRequest> questions;
  private final AnswerOptions options;
  private final Duration limit;

  /**
   * A load on one mesh.
   *
   * @param questions the question of each request by its number
   * @param limit how long one answer may take
   */
  public Load(
      ChatClient client, IntFunction<AskRequest> questions, AnswerOptions options, Duration limit) {
    this.client = client;
    this.questions = questions;
    this.options = options;
    this.limit = limit;
  }

  /**
   * What came back.
   *
   * @param failures messages of requests that failed
   * @param elapsed from the first request to the last answer
   */
  public record Result(
      List<RequestSample> samples, List<String> failures, int concurrency, Duration elapsed) {
    public Result {
      samples = List.copyOf(samples);
      failures = List.copyOf(failures);
    }
  }

  /** Sends the requests numbered from {@code first} on. */
  public Result run(int first, int count, int concurrency) throws InterruptedException {
    // Made beforehand: drawing pictures is no part of what is measured.
    List<AskRequest> all = IntStream.range(first, first + count).mapToObj(questions).toList();
    List<RequestSample> samples = new ArrayList<>();
    List<String> failures = new ArrayList<>();
    long begin = System.nanoTime();
    try (ExecutorService callers = Executors.newFixedThreadPool(concurrency)) {
      List<Future<RequestSample>> pending =
          callers.invokeAll(
              all.stream().map(question -> (Callable<RequestSample>) () -> ask(question)).toList());
      for (Future<RequestSample> answer : pending) {
        try {
          samples.add(answer.get());
        } catch (ExecutionException failed) {
          failures.add(reason(failed));
        }
      }
    }
    Duration elapsed = Duration.ofNanos(System.nanoTime() - begin);
    return new Result(samples, failures, concurrency, elapsed);
  }

  private static String reason(ExecutionException failed) {
    return failed.getCause() instanceof AnswerFailed refused
        ? String.valueOf(refused.getMessage())
        : String.valueOf(failed.getMessage());
  }

  private RequestSample ask(AskRequest question) throws AnswerFailed, InterruptedException {
    AtomicReference<AnswerDone> done = new AtomicReference<>(AnswerDone.getDefaultInstance());
    AtomicLong firstText = new AtomicLong();
    long begin = System.nanoTime();
    client
        .answer(
            question, options, limit, Trace.begin(), event -> take(event, begin, firstText, done))
        .await();
    long wall = microsSince(begin);
    return new RequestSample(wall, firstText.get(), emptyCall(), done.get());
  }

  private long emptyCall() throws AnswerFailed {
    long begin = System.nanoTime();
    client.describe(limit);
    return microsSince(begin);
  }

  private static void take(
      AnswerResponse event, long begin, AtomicLong firstText, AtomicReference<AnswerDone> done) {
    switch (event.getEventCase()) {
      case TEXT -> firstText.compareAndSet(0, microsSince(begin));
      case DONE -> done.set(event.getDone());
      case STAGE, MOVED, EVENT_NOT_SET -> {}
    }
  }

  private static long microsSince(long begin) {
    return (System.nanoTime() - begin) / 1000;
  }
}
