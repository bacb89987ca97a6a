// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import io.owlmesh.core.OwlException;
import java.io.IOException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What JSON costs is known before it is built: nodes are counted, numbers are short. The reader of
 * protobuf's JSON computes ten to the power of any exponent, also of one in a string.
 */
final class JsonLimits {
  private static final int MAX_TOKENS = 50_000;
  private static final int MAX_DEPTH = 50;
  private static final int MAX_NUMBER = 64;
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?\\d{0,40}(\\.\\d{0,40})?([eE][+-]?\\d{1,3})?");
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxTokenCount(MAX_TOKENS)
                  .maxNestingDepth(MAX_DEPTH)
                  .maxNumberLength(MAX_NUMBER)
                  .build())
          .build();

  private JsonLimits() {}

  /**
   * Checks a text that is to become a message.
   *
   * @throws OwlException BAD_INPUT naming the field, or {@code body}
   */
  static void check(String json, Descriptor type) {
    try (JsonParser in = JSON.createParser(json)) {
      in.nextToken();
      value(in, "body", null, type);
      while (in.nextToken() != null) {} // The rest of the tokens count, too.
    } catch (JsonProcessingException e) {
      throw OwlException.badInput(
          "body", "is no JSON that is read here: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw OwlException.badInput("body", "is no JSON");
    }
  }

  private static void value(
      JsonParser in, String path, @Nullable FieldDescriptor field, @Nullable Descriptor type)
      throws IOException {
    JsonToken token = in.currentToken();
    if (token == JsonToken.START_OBJECT) {
      while (in.nextToken() == JsonToken.FIELD_NAME) {
        FieldDescriptor inner = field(type, in.currentName());
        String name = inner == null ? in.currentName() : inner.getName();
        in.nextToken();
        Descriptor message =
            inner != null && inner.getJavaType() == JavaType.MESSAGE
                ? inner.getMessageType()
                : null;
        value(in, path.equals("body") ? name : path + "." + name, inner, message);
      }
    } else if (token == JsonToken.START_ARRAY) {
      while (in.nextToken() != JsonToken.END_ARRAY) {
        value(in, path, field, type);
      }
    } else if (token != null && (token.isNumeric() || isNumber(field))) {
      // A string, perhaps; its length is looked at before its characters.
      if (in.getTextLength() > MAX_NUMBER || !isShort(token, in.getText())) {
        throw OwlException.badInput(
            path, "is no number of at most 40 digits and an exponent of at most 3");
      }
    }
  }

  private static boolean isShort(JsonToken token, String text) {
    boolean digits = token.isNumeric() || text.chars().anyMatch(Character::isDigit);
    return !digits || NUMBER.matcher(text).matches();
  }

  private static boolean isNumber(@Nullable FieldDescriptor field) {
    return field != null
        && switch (field.getJavaType()) {
          case INT, LONG, FLOAT, DOUBLE -> true;
          case BOOLEAN, STRING, BYTE_STRING, ENUM, MESSAGE -> false;
        };
  }

  private static @Nullable FieldDescriptor field(@Nullable Descriptor type, String name) {
    if (type == null) {
      return null;
    }
    FieldDescriptor own = type.findFieldByName(name);
    return own != null
        ? own
        : type.getFields().stream()
            .filter(field -> field.getJsonName().equals(name))
            .findFirst()
            .orElse(null);
  }
}
