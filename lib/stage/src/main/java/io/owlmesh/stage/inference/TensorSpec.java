// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage.inference;

import io.owlmesh.proto.inference.ModelMetadataResponse.TensorMetadata;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A tensor of a model, as its metadata tells it.
 *
 * @param name chosen by the model
 * @param datatype of its elements
 * @param item sizes without the first, which counts images; none for byte strings
 */
public record TensorSpec(String name, Datatype datatype, List<Long> item) {
  public TensorSpec {
    item = List.copyOf(item);
  }

  /** A tensor of one byte string an image. */
  public static TensorSpec bytes(String name) {
    return new TensorSpec(name, Datatype.BYTES, List.of());
  }

  /** A tensor of numbers. */
  public static TensorSpec numbers(String name, Datatype datatype, long... item) {
    return new TensorSpec(name, datatype, Arrays.stream(item).boxed().toList());
  }

  /** Sizes for so many images; -1 for any number. */
  List<Long> shape(long images) {
    List<Long> shape = new ArrayList<>(item);
    shape.addFirst(images);
    return shape;
  }

  long[] itemShape() {
    return item.stream().mapToLong(Long::longValue).toArray();
  }

  TensorMetadata toProto() {
    return TensorMetadata.newBuilder()
        .setName(name)
        .setDatatype(datatype.name())
        .addAllShape(shape(-1))
        .build();
  }
}
