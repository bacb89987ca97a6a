// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.synthetic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Writes JSON objects, one a line. */
final class LineWriter {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final OutputStream out;

  LineWriter(OutputStream out) {
    this.out = new BufferedOutputStream(out, 1 << 16);
  }

  void write(JsonNode line) throws IOException {
    out.write(JSON.writeValueAsBytes(line));
    out.write('\n');
  }

  void flush() throws IOException {
    out.flush();
  }
}
