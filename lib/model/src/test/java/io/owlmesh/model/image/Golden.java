// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Just enough of safetensors to read expected values: header length, JSON header, data. */
final class Golden {
  static final Path FOLDER = Path.of("src/test/resources/owl-tiny");

  private final ByteBuffer bytes;
  private final JsonNode header;
  private final int data;

  Golden(Path file) throws IOException {
    bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int length = Math.toIntExact(bytes.getLong(0));
    header = new ObjectMapper().readTree(bytes.array(), 8, length);
    data = 8 + length;
  }

  List<String> names() {
    List<String> names = new ArrayList<>();
    header.fieldNames().forEachRemaining(names::add);
    names.remove("__metadata__");
    return names;
  }

  ByteBuffer tensor(String name) {
    JsonNode offsets = header.get(name).get("data_offsets");
    int from = offsets.get(0).asInt();
    ByteBuffer view = bytes.slice(data + from, offsets.get(1).asInt() - from);
    return view.order(ByteOrder.LITTLE_ENDIAN);
  }
}
