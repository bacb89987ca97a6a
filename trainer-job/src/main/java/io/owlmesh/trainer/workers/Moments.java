// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.workers;

import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Named float32 tensors of all workers, brought together at the first. */
final class Moments {
  private Moments() {}

  static Map<String, HostTensor> gather(WorkerGroup workers, SortedMap<String, HostTensor> own) {
    List<ByteBuffer> mine = new ArrayList<>();
    StringBuilder names = new StringBuilder();
    own.forEach((name, tensor) ->
        names.append(name).append(' ').append(Arrays.toString(tensor.shape())).append('\n'));
    mine.add(text(names.toString()));
    own.values().forEach(tensor -> mine.add(direct(tensor.bytes())));
    SortedMap<String, HostTensor> all = new TreeMap<>();
    List<List<ByteBuffer>> given = SharedUpdate.toMaster(workers, mine);
    if (workers.rank() > 0) {
      return all;
    }
    for (List<ByteBuffer> one : given) {
      List<String> lines = string(one.getFirst()).lines().toList();
      for (int i = 0; i < lines.size(); i++) {
        String line = lines.get(i);
        int space = line.indexOf(' ');
        all.put(
            line.substring(0, space),
            new HostTensor(DType.FLOAT32, shape(line.substring(space + 1)), one.get(i + 1)));
      }
    }
    return all;
  }

  private static ByteBuffer direct(ByteBuffer bytes) {
    return ByteBuffer.allocateDirect(bytes.remaining()).put(bytes.duplicate()).flip();
  }

  static ByteBuffer text(String text) {
    byte[] bytes = (text + "\n").getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
  }

  static String string(ByteBuffer text) {
    return StandardCharsets.UTF_8.decode(text.duplicate()).toString().stripTrailing();
  }

  private static long[] shape(String text) {
    String inner = text.substring(1, text.length() - 1);
    return inner.isEmpty()
        ? new long[0]
        : Arrays.stream(inner.split(", ", -1)).mapToLong(Long::parseLong).toArray();
  }
}
