// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage.inference;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.inference.ModelMetadataResponse;
import io.owlmesh.proto.inference.ModelStatistics;
import java.util.concurrent.Semaphore;

/** A model as the protocol sees it, with what is counted and limited for it. */
final class OpenModel {
  private static final int VERSION_DIGITS = 12;
  private static final String PLATFORM = "djl_pytorch";

  private final ServedModel served;
  private final Semaphore room;
  private final InferCounts counts = new InferCounts();

  OpenModel(ServedModel served) {
    this.served = served;
    this.room = new Semaphore(served.capacity());
  }

  String name() {
    return served.name();
  }

  int capacity() {
    return served.capacity();
  }

  boolean ready() {
    return served.ready();
  }

  InferCounts counts() {
    return counts;
  }

  /**
   * What is behind the name.
   *
   * @param version wanted; empty for any
   * @param field of the request that holds it
   * @throws OwlException NOT_FOUND for another version, UNAVAILABLE while the weights are loading
   */
  ServedModel.Loaded loaded(String version, String field) {
    ServedModel.Loaded loaded = served.loaded();
    if (!version.isEmpty() && !version.equals(version(loaded))) {
      throw new OwlException(
          Fault.NOT_FOUND,
          field,
          "'%s' of '%s'; the version that is served is '%s'"
              .formatted(version, name(), version(loaded)));
    }
    return loaded;
  }

  static String version(ServedModel.Loaded loaded) {
    return loaded.digest().substring(0, VERSION_DIGITS);
  }

  /**
   * Takes room for images until {@link #leave}.
   *
   * @throws OwlException SATURATED if there is not enough
   */
  void enter(int images) {
    if (!room.tryAcquire(images)) {
      throw new OwlException(
          Fault.SATURATED,
          "",
          "%d images on top of %d of other requests for '%s'; %d have room"
              .formatted(images, capacity() - room.availablePermits(), name(), capacity()));
    }
  }

  void leave(int images) {
    room.release(images);
  }

  ModelMetadataResponse metadata(ServedModel.Loaded loaded) {
    return ModelMetadataResponse.newBuilder()
        .setName(name())
        .addVersions(version(loaded))
        .setPlatform(PLATFORM)
        .addInputs(loaded.input().toProto())
        .addOutputs(loaded.output().toProto())
        .build();
  }

  ModelStatistics statistics(ServedModel.Loaded loaded) {
    return counts.toProto(name(), version(loaded));
  }
}
