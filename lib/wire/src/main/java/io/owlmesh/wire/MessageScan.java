// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import io.owlmesh.core.OwlException;
import java.io.IOException;

/**
 * Counts what a message will take once it is built, by its tags alone: an empty element takes two
 * bytes on the wire and twenty times as much as an object. Unknown fields count nothing, because
 * they are dropped.
 */
public final class MessageScan {
  /** Messages, strings and byte fields of one message, at all depths. */
  public static final int MAX_ELEMENTS = 16_384;

  /** Numbers of repeated fields together, bytes once they are built. */
  static final int MAX_NUMBER_BYTES = Wire.MAX_MESSAGE;

  private static final int MAX_DEPTH = 100;

  private final CodedInputStream in;
  private int elements;
  private long numberBytes;

  private MessageScan(ByteString message) {
    in = message.newCodedInput();
  }

  /**
   * Checks a message.
   *
   * @throws OwlException BAD_INPUT naming the field that passes a limit
   * @throws InvalidProtocolBufferException if it is no message at all
   */
  static void check(ByteString message, Descriptor type) throws IOException {
    new MessageScan(message).scan(type, "", 0);
  }

  private void scan(Descriptor type, String prefix, int depth) throws IOException {
    if (depth > MAX_DEPTH) {
      throw OwlException.badInput(prefix, "is nested more than " + MAX_DEPTH + " deep");
    }
    while (!in.isAtEnd()) {
      int tag = in.readTag();
      FieldDescriptor field = type.findFieldByNumber(WireFormat.getTagFieldNumber(tag));
      if (field == null) {
        skip(tag);
      } else {
        String path = prefix.isEmpty() ? field.getName() : prefix + "." + field.getName();
        count(field, path, tag, depth);
      }
    }
  }

  private void skip(int tag) throws IOException {
    if (!in.skipField(tag)) {
      throw new InvalidProtocolBufferException("a group ends that did not begin");
    }
  }

  private void count(FieldDescriptor field, String path, int tag, int depth) throws IOException {
    boolean delimited = WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED;
    JavaType kind = field.getJavaType();
    if (delimited && kind == JavaType.MESSAGE) {
      addElement(path);
      int outer = in.pushLimit(in.readRawVarint32());
      scan(field.getMessageType(), path, depth + 1);
      in.popLimit(outer);
    } else if (delimited && field.isPackable()) {
      int outer = in.pushLimit(in.readRawVarint32());
      addPacked(field, path);
      in.popLimit(outer);
    } else {
      skip(tag);
      if (delimited) {
        addElement(path);
      } else if (field.isRepeated()) {
        addNumbers(path, 1, width(kind));
      }
    }
  }

  private void addPacked(FieldDescriptor field, String path) throws IOException {
    int width = width(field.getJavaType());
    int fixed =
        switch (field.getType()) {
          case FLOAT, FIXED32, SFIXED32 -> Float.BYTES;
          case DOUBLE, FIXED64, SFIXED64 -> Double.BYTES;
          default -> 0;
        };
    if (fixed > 0) {
      int bytes = in.getBytesUntilLimit();
      addNumbers(path, bytes / fixed, width);
      in.skipRawBytes(bytes);
      return;
    }
    while (!in.isAtEnd()) {
      in.readRawVarint64();
      addNumbers(path, 1, width);
    }
  }

  private static int width(JavaType kind) {
    return switch (kind) {
      case BOOLEAN -> 1;
      case INT, FLOAT, ENUM -> 4;
      default -> 8;
    };
  }

  private void addElement(String path) {
    if (++elements > MAX_ELEMENTS) {
      throw OwlException.badInput(path, "the message has more than " + MAX_ELEMENTS + " elements");
    }
  }

  private void addNumbers(String path, long count, int width) {
    numberBytes += count * width;
    if (numberBytes > MAX_NUMBER_BYTES) {
      throw OwlException.badInput(
          path, "the numbers of the message take more than " + MAX_NUMBER_BYTES + " bytes");
    }
  }
}
