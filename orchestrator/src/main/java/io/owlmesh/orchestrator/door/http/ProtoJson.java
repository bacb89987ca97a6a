// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.util.JsonFormat;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.session.TextRules;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The contract's messages in the JSON that protobuf defines for them. */
public final class ProtoJson {
  private static final JsonFormat.Printer PRINTER =
      JsonFormat.printer().alwaysPrintFieldsWithNoPresence().omittingInsignificantWhitespace();

  private ProtoJson() {}

  public static String print(Message message) {
    try {
      return PRINTER.print(message);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e); // Only messages with fields of type Any can fail.
    }
  }

  /**
   * Reads a message; an empty text is an empty message.
   *
   * @throws OwlException BAD_INPUT, field {@code body}, with the place; or naming a field whose
   *     text is none
   */
  public static void parse(Buffer json, Message.Builder into) {
    if (json.length() == 0) {
      return;
    }
    try {
      String text =
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json.getBytes())).toString();
      JsonLimits.check(text, into.getDescriptorForType());
      JsonFormat.parser().merge(text, into);
    } catch (CharacterCodingException e) {
      throw OwlException.badInput("body", "is no UTF-8");
    } catch (InvalidProtocolBufferException e) {
      throw OwlException.badInput("body", String.valueOf(e.getMessage()));
    }
    checkTexts("", into);
  }

  private static void checkTexts(String prefix, MessageOrBuilder message) {
    message
        .getAllFields()
        .forEach((field, value) -> {
          String path = prefix + field.getName();
          if (!field.isRepeated()) {
            checkText(path, field, value);
          } else if (value instanceof List<?> list) {
            for (int i = 0; i < list.size(); i++) {
              checkText(path + "[" + i + "]", field, list.get(i));
            }
          }
        });
  }

  private static void checkText(String path, FieldDescriptor field, Object value) {
    switch (field.getJavaType()) {
      case MESSAGE -> checkTexts(path + ".", (MessageOrBuilder) value);
      case STRING -> TextRules.requireWhole(path, (String) value);
      default -> {}
    }
  }
}
