// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.http;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.owlmesh.model.OwlException;
import io.vertx.core.buffer.Buffer;

/** The contract's messages in the JSON that protobuf defines for them. */
final class Json {
  private static final JsonFormat.Printer PRINTER =
      JsonFormat.printer().alwaysPrintFieldsWithNoPresence().omittingInsignificantWhitespace();

  private Json() {}

  static String print(Message message) {
    try {
      return PRINTER.print(message);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e); // Only messages with fields of type Any can fail.
    }
  }

  /**
   * Reads a message; an empty text is an empty message.
   *
   * @throws OwlException BAD_INPUT, field {@code body}, with the place
   */
  static void parse(Buffer json, Message.Builder into) {
    if (json.length() == 0) {
      return;
    }
    try {
      JsonFormat.parser().merge(json.toString(), into);
    } catch (InvalidProtocolBufferException e) {
      throw OwlException.badInput("body", String.valueOf(e.getMessage()));
    }
  }
}
