// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.batch;

import com.google.protobuf.ByteString;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.client.ChatClient;
import io.owlmesh.client.EncodedImage;
import io.owlmesh.client.Trace;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.chat.v1.EncodeImageHeader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Has the images of a row encoded.
 *
 * @param name of the model; empty for the mesh's
 * @param weights digests of those that are to do it
 */
record EncodeWork(
    ChatClient client, String name, OutputKind kind, List<String> weights, BatchOutput answers)
    implements RowWork {
  @Override
  public String model() {
    return BatchRow.model(weights, kind.flag());
  }

  @Override
  public void run(BatchRow.Loaded row, String key)
      throws AnswerFailed, IOException, InterruptedException {
    EncodeImageHeader wanted =
        EncodeImageHeader.newBuilder()
            .setEncoding(kind.encoding())
            .setModel(name)
            .setQuestion(row.row().question())
            .build();
    List<EncodedImage> encoded = new ArrayList<>();
    for (ByteString file : row.request().images()) {
      EncodedImage one = client.encode(wanted, file, BatchCalls.LIMIT, Trace.begin());
      if (!one.weights().equals(weights)) {
        throw new OwlException(
            Fault.CONFLICT, "weights", "the mesh's changed; start the command again");
      }
      encoded.add(one);
    }
    answers.encoded(row, key, kind, encoded, weights);
  }
}
