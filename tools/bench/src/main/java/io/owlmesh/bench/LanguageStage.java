// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import io.grpc.StatusRuntimeException;
import io.owlmesh.client.Address;
import io.owlmesh.client.Connection;
import io.owlmesh.proto.llm.v1.DescribeRequest;
import io.owlmesh.proto.llm.v1.DescribeResponse;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Asks the language model's stage what it runs. */
public final class LanguageStage {
  private static final long PATIENCE_SECONDS = 5;

  private LanguageStage() {}

  /** Empty if nothing of this kind answers there. */
  public static Optional<DescribeResponse> describe(Address address) {
    try (Connection connection = new Connection(address)) {
      return Optional.of(
          LanguageModelGrpc.newBlockingStub(connection.channel())
              .withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS)
              .describe(DescribeRequest.getDefaultInstance()));
    } catch (StatusRuntimeException notThere) {
      return Optional.empty();
    }
  }
}
