// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import com.google.protobuf.ByteString;
import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.proto.chat.v1.Stage;
import io.owlmesh.proto.llm.v1.Finished;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.proto.llm.v1.Token;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * A question about a small picture that a mesh answers to itself before it says that it is ready:
 * the first caller then finds connections open and code compiled, and a mesh that cannot answer is
 * noticed.
 */
final class WarmUp implements AnswerListener {
  private static final long WARM_UP_NANOS = 1_000_000_000;

  private WarmUp() {}

  /** Asks and drops the answer; again for a second, since code is compiled where it runs often. */
  static void through(Pipeline pipeline, ChatTemplate template) {
    long begin = System.nanoTime();
    do {
      ask(pipeline, template);
    } while (System.nanoTime() - begin < WARM_UP_NANOS);
  }

  private static void ask(Pipeline pipeline, ChatTemplate template) {
    ChatTemplate.Turn turn = new ChatTemplate.Turn(ChatTemplate.Role.HUMAN, "What is this?", 1);
    pipeline.answer(
        new ChatRequest(
            template.prompt(List.of(turn)),
            List.of(ImageContent.of(picture())),
            GenerationOptions.newBuilder().setMaxNewTokens(2).build()),
        new WarmUp());
  }

  private static ByteString picture() {
    try (InputStream in = WarmUp.class.getResourceAsStream("warm-up.jpg")) {
      if (in == null) {
        throw new IllegalStateException("warm-up.jpg is not in the jar");
      }
      return ByteString.readFrom(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void stage(Stage stage, List<Integer> imageIndices, boolean cached) {}

  @Override
  public void token(Token token) {}

  @Override
  public void moved(int tokens) {}

  @Override
  public void ended(Finished end) {}

  @Override
  public void whenReady(Runnable next) {
    next.run();
  }
}
