// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import io.grpc.stub.StreamObserver;
import io.owlmesh.client.Address;
import io.owlmesh.client.ChatClient;
import io.owlmesh.client.Connection;
import io.owlmesh.client.SessionClient;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.chat.v1.AnswerRequest;
import io.owlmesh.proto.chat.v1.AnswerResponse;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.chat.v1.Conversation;
import io.owlmesh.proto.chat.v1.CreateSessionRequest;
import io.owlmesh.proto.chat.v1.NewMessage;
import io.owlmesh.proto.chat.v1.Role;
import io.owlmesh.proto.chat.v1.SendMessageRequest;
import io.owlmesh.proto.chat.v1.SendMessageResponse;
import io.owlmesh.proto.chat.v1.Turn;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/** Callers of an orchestrator whose language models are {@link StubLanguageModel}s. */
final class MeshLoad implements AutoCloseable {
  private static final int CONNECTIONS = 4;
  private static final Duration RAMP = Duration.ofSeconds(2);
  private static final int LEAST_PAUSE_MILLIS = 500;
  private static final int MORE_PAUSE_MILLIS = 1_000;
  private static final int SETTERS = 32;
  private static final int WARM_UP_TURNS = 500;
  private static final int REPEATED_PERCENT = 80;
  private static final int DIALOGUE_TOKENS = 8;

  private final Address address;
  private final List<Connection> connections = new ArrayList<>();
  private final AtomicInteger number = new AtomicInteger();
  private final List<Double> empty = new ArrayList<>();
  private final LongAdder heard = new LongAdder();
  private long tokens;

  MeshLoad(Address address) {
    this.address = address;
    for (int i = 0; i < CONNECTIONS; i++) {
      connections.add(new Connection(address));
    }
  }

  /**
   * A request that was answered.
   *
   * @param name in its text
   * @param modelMillis that the language model says it took to the first token
   */
  record Request(
      String name, double firstMillis, double modelMillis, double totalMillis, AnswerDone done) {
    double addedMillis() {
      return firstMillis - modelMillis;
    }
  }

  /** What became of a load. */
  record Result(List<Request> requests, List<String> errors) {
    /** Of the positions of all prompts, those that were found in a cache. */
    double hitPercent() {
      double cached = requests.stream().mapToInt(one -> one.done().getCachedPromptTokens()).sum();
      return 100 * cached / requests.stream().mapToInt(one -> one.done().getPromptTokens()).sum();
    }
  }

  /** Hears one answer. */
  private abstract class Hearing<R> implements StreamObserver<R> {
    private final String name;
    private final CompletableFuture<Request> end = new CompletableFuture<>();
    private final long begin = System.nanoTime();
    private double first;
    private double model;
    private AnswerDone done = AnswerDone.getDefaultInstance();

    Hearing(String name) {
      this.name = name;
    }

    void text(String text) {
      heard.increment();
      if (first == 0) {
        first = millis();
        model = Long.parseLong(text.strip().split(" ", 2)[0]) / 1e3;
      }
    }

    void done(AnswerDone told) {
      done = told;
    }

    private double millis() {
      return (System.nanoTime() - begin) / 1e6;
    }

    @Override
    public void onError(Throwable failure) {
      end.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
      end.complete(new Request(name, first, model, millis(), done));
    }
  }

  private ChatGrpc.ChatStub chat() {
    return ChatGrpc.newStub(
        connections.get(Math.floorMod(number.get(), connections.size())).channel());
  }

  private String name() {
    return "#%07d".formatted(number.incrementAndGet());
  }

  private static AnswerOptions options(int tokens) {
    return AnswerOptions.newBuilder().setMaxNewTokens(tokens).build();
  }

  /** Asks without a session. */
  private Request ask(int tokens) {
    String name = name();
    Hearing<AnswerResponse> hearing =
        new Hearing<>(name) {
          @Override
          public void onNext(AnswerResponse event) {
            if (event.hasText()) {
              text(event.getText().getText());
            } else if (event.hasDone()) {
              done(event.getDone());
            }
          }
        };
    StreamObserver<AnswerRequest> out = chat().answer(hearing);
    out.onNext(
        AnswerRequest.newBuilder()
            .setConversation(
                Conversation.newBuilder()
                    .addTurns(Turn.newBuilder().setRole(Role.ROLE_HUMAN).setText(name + " what?"))
                    .setOptions(options(tokens)))
            .build());
    out.onCompleted();
    return hearing.end.join();
  }

  /** Takes a turn of a session. */
  private Request say(String session, String text, List<String> images, int tokens) {
    String name = name();
    Hearing<SendMessageResponse> hearing =
        new Hearing<>(name) {
          @Override
          public void onNext(SendMessageResponse event) {
            if (event.hasText()) {
              text(event.getText().getText());
            } else if (event.hasDone()) {
              done(event.getDone().getAnswer());
            }
          }
        };
    chat()
        .sendMessage(
            SendMessageRequest.newBuilder()
                .setSessionId(session)
                .setSay(NewMessage.newBuilder().setText(name + " " + text).addAllImages(images))
                .setOptions(options(tokens))
                .build(),
            hearing);
    return hearing.end.join();
  }

  private String session() {
    return ChatGrpc.newBlockingStub(connections.getFirst().channel())
        .createSession(CreateSessionRequest.getDefaultInstance())
        .getSession()
        .getId();
  }

  /** What some callers do at a time. */
  private interface Caller {
    void run(int number, List<Request> answered) throws Exception;
  }

  private static Result together(int callers, Caller each) throws InterruptedException {
    List<Request> answered = Collections.synchronizedList(new ArrayList<>());
    List<String> errors = Collections.synchronizedList(new ArrayList<>());
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < callers; i++) {
        int number = i;
        threads.execute(() -> {
          try {
            each.run(number, answered);
          } catch (CompletionException e) {
            errors.add(String.valueOf(e.getCause()));
          } catch (Exception e) {
            errors.add(e.toString());
          }
        });
      }
    }
    return new Result(List.copyOf(answered), List.copyOf(errors));
  }

  /** So many callers, each of whom asks again as soon as there is an answer; all at work first. */
  Result answers(int callers, int length, Duration time) throws InterruptedException {
    long from = System.nanoTime() + RAMP.toNanos();
    long end = from + time.toNanos();
    Thread counter =
        Thread.startVirtualThread(() -> {
          LockSupport.parkNanos(from - System.nanoTime());
          long before = heard.sum();
          LockSupport.parkNanos(end - System.nanoTime());
          tokens = heard.sum() - before;
        });
    // Of answers that end before and after, nothing is counted.
    Result result =
        together(
            callers,
            (_, answered) -> {
              while (System.nanoTime() < end) {
                Request one = ask(length);
                long now = System.nanoTime();
                if (now >= from && now < end) {
                  answered.add(one);
                }
              }
            });
    counter.join();
    return result;
  }

  /** Tokens that came in the time of the last load. */
  long tokens() {
    return tokens;
  }

  /** Begins sessions, with a turn each. */
  List<String> begin(int sessions) throws InterruptedException {
    List<String> begun = Collections.synchronizedList(new ArrayList<>());
    AtomicInteger left = new AtomicInteger(sessions);
    Result result =
        together(
            SETTERS,
            (_, _) -> {
              while (left.getAndDecrement() > 0) {
                String session = session();
                var _ = say(session, "begin", List.of(), 2);
                begun.add(session);
              }
            });
    if (!result.errors().isEmpty()) {
      throw new IllegalStateException(result.errors().getFirst());
    }
    return begun;
  }

  /** Turns in any of these sessions, one after the other, with an empty call after each. */
  Result turns(List<String> sessions, int turns) throws InterruptedException {
    Random random = new Random(1);
    return together(
        1,
        (_, answered) -> {
          try (ChatClient client = new ChatClient(address)) {
            SessionClient calls = client.sessions();
            for (int i = 0; i < WARM_UP_TURNS + turns; i++) {
              String session = sessions.get(random.nextInt(sessions.size()));
              Request one = say(session, "go on", List.of(), 2);
              long begin = System.nanoTime();
              var _ = calls.describe();
              if (i >= WARM_UP_TURNS) {
                answered.add(one);
                empty.add((System.nanoTime() - begin) / 1e6);
              }
            }
          }
        });
  }

  /** How long an empty call took. */
  List<Double> emptyMillis() {
    return empty;
  }

  /**
   * Users who talk about pictures, most of which somebody has shown before, and who read answers.
   */
  Result dialogues(int users, int turns) throws InterruptedException {
    List<String> pictures = Collections.synchronizedList(new ArrayList<>());
    AtomicInteger drawn = new AtomicInteger();
    return together(
        users,
        (user, answered) -> {
          Random random = new Random(user);
          try (ChatClient client = new ChatClient(address)) {
            String session = session();
            for (int turn = 0; turn < turns; turn++) {
              TimeUnit.MILLISECONDS.sleep(LEAST_PAUSE_MILLIS + random.nextInt(MORE_PAUSE_MILLIS));
              boolean again = !pictures.isEmpty() && random.nextInt(100) < REPEATED_PERCENT;
              if (!again) {
                pictures.add(
                    client
                        .sessions()
                        .upload(TestPicture.jpeg(drawn.incrementAndGet()))
                        .getSha256());
              }
              String picture =
                  again
                      ? pictures.get(random.nextInt(pictures.size()))
                      : pictures.get(pictures.size() - 1);
              answered.add(say(session, "What is in it?", List.of(picture), DIALOGUE_TOKENS));
            }
          }
        });
  }

  @Override
  public void close() {
    connections.forEach(Connection::close);
  }
}
