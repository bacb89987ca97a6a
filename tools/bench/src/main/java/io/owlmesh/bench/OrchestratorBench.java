// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import io.owlmesh.client.Address;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.client.ChatClient;
import io.owlmesh.client.Connection;
import io.owlmesh.client.SessionClient;
import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.model.text.DialogueText;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.chat.v1.AnswerTimings;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.chat.v1.NewMessage;
import io.owlmesh.proto.chat.v1.SendMessageRequest;
import io.owlmesh.proto.chat.v1.SendMessageResponse;
import io.owlmesh.proto.chat.v1.Session;
import io.owlmesh.proto.chat.v1.SessionSettings;
import io.owlmesh.proto.llm.v1.GenerateResponse;
import io.owlmesh.proto.llm.v1.GenerateTimings;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.proto.tensor.v1.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;

/**
 * Measures what the orchestrator costs: the same kind of question about a picture that was seen, as
 * a turn of a session, and by calling the language model as the orchestrator does. The two take
 * turns, and which comes first changes, so that noise meets both.
 */
public final class OrchestratorBench implements AutoCloseable {
  private final Address address;
  private final ChatClient chat;
  private final SessionClient sessions;
  private final Connection connection;
  private final StageCalls stages;
  private final int tokens;
  private final Random random = new Random();
  private final List<Ticks<SendMessageResponse>> through = new ArrayList<>();
  private final List<Ticks<GenerateResponse>> direct = new ArrayList<>();
  private final List<Double> empty = new ArrayList<>();
  private final List<String> begun = new ArrayList<>();
  private String image = "";
  private Tensor seen = Tensor.getDefaultInstance();
  private GenerationOptions options = GenerationOptions.getDefaultInstance();

  /**
   * @param stages where vision, abstractor and language model answer
   * @param tokens of each answer
   */
  public OrchestratorBench(Address address, List<Address> stages, int tokens) {
    this.address = address;
    this.chat = new ChatClient(address);
    this.sessions = chat.sessions();
    this.connection = new Connection(address);
    this.stages =
        new StageCalls(new StageCalls.Addresses(stages.get(0), stages.get(1), stages.get(2)));
    this.tokens = tokens;
  }

  /** Asks so many questions each way, after some that are not counted. */
  public OrchestratorReport run(int warmUp, int requests)
      throws AnswerFailed, InterruptedException {
    var picture = TestPicture.jpeg(random.nextLong());
    image = sessions.upload(picture).getSha256();
    seen = stages.look(picture);
    options =
        GenerationOptions.newBuilder()
            .setMaxNewTokens(tokens)
            .setMinNewTokens(tokens)
            .setAdapter(sessions.describe().getDefaultAdapter())
            .build();
    try {
      for (int i = 0; i < warmUp + requests; i++) {
        if (i == warmUp) {
          through.clear();
          direct.clear();
          empty.clear();
        }
        both(i % 2 == 0);
      }
    } finally {
      for (String session : begun) {
        sessions.delete(session);
      }
    }
    return report(requests);
  }

  private void both(boolean orchestratorFirst) throws AnswerFailed {
    AnswerOptions wanted =
        AnswerOptions.newBuilder().setMaxNewTokens(tokens).setMinNewTokens(tokens).build();
    // Kept until the end: the first one deleted would take the picture along.
    Session session = sessions.create(SessionSettings.newBuilder().setOptions(wanted).build());
    begun.add(session.getId());
    if (orchestratorFirst) {
      askThrough(session);
      askDirectly();
    } else {
      askDirectly();
      askThrough(session);
    }
    long begin = System.nanoTime();
    var _ = sessions.describe();
    empty.add((System.nanoTime() - begin) / 1e6);
  }

  /** One that was never asked: of its prompt, all before the question is known either way. */
  private String question() {
    return "Number %06d: what is there?".formatted(random.nextInt(1_000_000));
  }

  private void askThrough(Session session) {
    SendMessageRequest request =
        SendMessageRequest.newBuilder()
            .setSessionId(session.getId())
            .setRequestId("1")
            .setSay(NewMessage.newBuilder().setText(question()).addImages(image))
            .build();
    Ticks<SendMessageResponse> ticks = new Ticks<>(event -> event.getText().getText());
    ChatGrpc.newStub(connection.channel()).sendMessage(request, ticks);
    through.add(ticks.join());
  }

  private void askDirectly() {
    Prompt prompt =
        DialogueText.TEMPLATE.prompt(
            List.of(new ChatTemplate.Turn(ChatTemplate.Role.HUMAN, question(), 1)));
    Ticks<GenerateResponse> ticks =
        new Ticks<>(event -> event.getToken().getText() + event.getFinished().getText());
    stages.ask(prompt, seen, options, ticks);
    direct.add(ticks.join());
  }

  private OrchestratorReport report(int requests) {
    List<Spread> times = new ArrayList<>();
    compare(times, "first text", Ticks::firstMillis, Ticks::firstMillis);
    compare(times, "from piece to piece", Ticks::gapMillis, Ticks::gapMillis);
    compare(
        times,
        "the model's own time to it",
        turn -> model(turn.last().getDone().getAnswer().getTimings()),
        call -> model(call.last().getFinished().getTimings()));
    times.add(
        Spread.of("an empty call to the orchestrator", Distribution.of(empty, value -> value)));
    String what =
        "%s: %d questions each way, about a picture that was seen, %d tokens each, one at a time"
            .formatted(address, requests, tokens);
    List<Figure> figures =
        List.of(
            known(through, turn -> turn.getDone().getAnswer().getCachedPromptTokens(), "a turn"),
            known(direct, call -> call.getFinished().getUsage().getCachedPromptTokens(), "a call"));
    return new OrchestratorReport(what, times, figures, List.of());
  }

  private static double model(AnswerTimings timings) {
    return (timings.getQueueMicros() + timings.getPrefillMicros()) / 1e3;
  }

  private static double model(GenerateTimings timings) {
    return (timings.getQueueMicros() + timings.getPrefillMicros()) / 1e3;
  }

  /** Both must find as much in the cache, or they are not the same question. */
  private static <R> Figure known(List<Ticks<R>> asked, ToIntFunction<R> positions, String whose) {
    double median =
        Distribution.of(asked, ticks -> positions.applyAsInt(ticks.last())).percentile(0.5);
    return new Figure("positions of the prompt known, " + whose, median, "", "median");
  }

  private void compare(
      List<Spread> times,
      String what,
      ToDoubleFunction<Ticks<SendMessageResponse>> ofOrchestrator,
      ToDoubleFunction<Ticks<GenerateResponse>> ofModel) {
    Spread turn =
        Spread.of(what + ", a turn of a session", Distribution.of(through, ofOrchestrator));
    Spread call = Spread.of(what + ", the model called directly", Distribution.of(direct, ofModel));
    times.add(turn);
    times.add(call);
    times.add(turn.minus("  what the orchestrator adds", call));
  }

  @Override
  public void close() {
    connection.close();
    chat.close();
    stages.close();
  }
}
