// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.batch;

import io.owlmesh.client.AnswerFailed;
import io.owlmesh.client.ChatClient;
import io.owlmesh.client.Trace;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import java.io.IOException;
import java.util.List;

/**
 * Asks the question of a row.
 *
 * @param name of the model; empty for the mesh's
 * @param weights digests of the mesh's weights
 */
record AskWork(
    ChatClient client,
    String name,
    AnswerOptions options,
    List<String> weights,
    BatchOutput answers)
    implements RowWork {
  @Override
  public String model() {
    return BatchRow.model(weights, options.toBuilder().clearPriority().build().toString());
  }

  @Override
  public void run(BatchRow.Loaded row, String key)
      throws AnswerFailed, IOException, InterruptedException {
    StringBuilder text = new StringBuilder();
    AnswerDone.Builder done = AnswerDone.newBuilder();
    client
        .answer(
            row.request().to(name),
            options,
            BatchCalls.LIMIT,
            Trace.begin(),
            event -> {
              text.append(event.getText().getText());
              if (event.hasDone()) {
                done.mergeFrom(event.getDone());
              }
            })
        .await();
    answers.answered(row, key, text.toString(), done.build(), weights);
  }
}
