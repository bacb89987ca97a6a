// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.core.broken;

import ai.djl.ndarray.NDArray;
import io.grpc.Channel;
import io.grpc.ManagedChannelBuilder;
import io.owlmesh.model.checkpoint.Part;
import jakarta.inject.Inject;
import org.jspecify.annotations.Nullable;

/** What no class of the core may do, by which the rules are seen to find it. */
public final class BreaksRules {
  @Inject @Nullable NDArray ofTheEngine;

  Part ofAHigherModule = Part.VISION;

  Channel ownChannel() {
    System.out.println(ofAHigherModule);
    return ManagedChannelBuilder.forTarget("127.0.0.1:9000").build();
  }
}
