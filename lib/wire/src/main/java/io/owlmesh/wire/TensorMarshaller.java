// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.DiscardUnknownFieldsParser;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.Drainable;
import io.grpc.HasByteBuffer;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.owlmesh.core.OwlException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads large messages into one direct buffer that their bytes fields share: one copy instead of
 * two, and a heap that stays small whatever images and tensors are under way. Small messages, and
 * messages that do not come from the network as plain buffers, are read into the heap. Writing is
 * left to the usual marshaller: gRPC takes nothing but arrays, and the usual way, through 4 KB that
 * stay in the cache, takes as long as one plain copy.
 *
 * <p>The collector frees the buffers, so it must run often enough: give it a small young
 * generation.
 *
 * @param <T> the message
 */
public final class TensorMarshaller<T> implements PrototypeMarshaller<T> {
  /** Below it, bytes, an own buffer costs more than the copies it saves. */
  public static final int MIN_DIRECT = 16 * 1024;

  private final PrototypeMarshaller<T> usual;
  private final Parser<?> parser;
  private final Descriptor type;
  private final int limit;
  private final boolean checked;

  private TensorMarshaller(
      PrototypeMarshaller<T> usual, Message prototype, int limit, boolean checked) {
    this.usual = usual;
    this.parser = DiscardUnknownFieldsParser.wrap(prototype.getParserForType());
    this.type = prototype.getDescriptorForType();
    this.limit = limit;
    this.checked = checked;
  }

  /**
   * Takes the place of a marshaller of messages that a server of ours sent; returns others than
   * those of protobuf messages as they are.
   */
  static <T> MethodDescriptor.Marshaller<T> over(MethodDescriptor.Marshaller<T> usual) {
    return over(usual, Wire.MAX_MESSAGE, false);
  }

  /**
   * Takes the place of a marshaller of messages that anybody may have sent: they are counted before
   * they are built, and fields that nobody knows are dropped.
   *
   * @param limit bytes of a message, uncompressed
   */
  static <T> MethodDescriptor.Marshaller<T> checking(
      MethodDescriptor.Marshaller<T> usual, int limit) {
    return over(usual, limit, true);
  }

  private static <T> MethodDescriptor.Marshaller<T> over(
      MethodDescriptor.Marshaller<T> usual, int limit, boolean checked) {
    return usual instanceof PrototypeMarshaller<T> marshaller
            && marshaller.getMessagePrototype() instanceof Message prototype
            && !(usual instanceof TensorMarshaller<T>)
        ? new TensorMarshaller<>(marshaller, prototype, limit, checked)
        : usual;
  }

  @Override
  public InputStream stream(T message) {
    return usual.stream(message);
  }

  /**
   * Parses a message.
   *
   * @throws io.grpc.StatusRuntimeException INVALID_ARGUMENT if the bytes are not such a message or
   *     hold too many elements, RESOURCE_EXHAUSTED if they are too many
   */
  @Override
  public T parse(InputStream stream) {
    if (stream instanceof Drainable) {
      return usual.parse(stream); // Of this process: the message itself.
    }
    try {
      ByteString whole = read(stream);
      if (checked) {
        MessageScan.check(whole, type);
      }
      return parse(whole);
    } catch (OwlException e) {
      throw Faults.toStatus(e);
    } catch (IOException e) {
      throw Faults.toStatus(
          OwlException.badInput("", "the request is no valid " + type.getFullName()));
    }
  }

  private ByteString read(InputStream stream) throws IOException {
    int size = stream instanceof KnownLength ? stream.available() : 0;
    if (size > limit) {
      throw tooLarge();
    }
    if (size >= MIN_DIRECT
        && stream instanceof HasByteBuffer buffers
        && buffers.byteBufferSupported()) {
      // By way of a ByteString: only of its bytes does protobuf believe that they will not change,
      // and only what does not change does it share.
      return UnsafeByteOperations.unsafeWrap(collect(stream, buffers, size));
    }
    byte[] bytes = stream.readNBytes(limit + 1);
    if (bytes.length > limit) {
      throw tooLarge();
    }
    return UnsafeByteOperations.unsafeWrap(bytes);
  }

  private StatusRuntimeException tooLarge() {
    return Status.RESOURCE_EXHAUSTED
        .withDescription("a %s exceeds %d bytes".formatted(type.getFullName(), limit))
        .asRuntimeException();
  }

  private static ByteBuffer collect(InputStream stream, HasByteBuffer buffers, int size)
      throws IOException {
    ByteBuffer all = ByteBuffer.allocateDirect(size);
    while (all.hasRemaining()) {
      ByteBuffer piece = buffers.getByteBuffer();
      if (piece != null && piece.hasRemaining()) {
        int count = Math.min(piece.remaining(), all.remaining());
        all.put(piece.slice(piece.position(), count));
        stream.skipNBytes(count);
      } else {
        // Reading on steps over an empty buffer.
        int next = stream.read();
        if (next < 0) {
          throw new EOFException(
              "message of %d bytes ends %d early".formatted(size, all.remaining()));
        }
        all.put((byte) next);
      }
    }
    return all.flip();
  }

  @SuppressWarnings("unchecked") // The parser of the prototype of T makes T.
  private T parse(ByteString whole) throws IOException {
    CodedInputStream in = whole.newCodedInput();
    in.enableAliasing(true);
    T message = (T) parser.parseFrom(in);
    in.checkLastTagWas(0);
    return message;
  }

  @Override
  public @Nullable T getMessagePrototype() {
    return usual.getMessagePrototype();
  }

  @Override
  public Class<T> getMessageClass() {
    return usual.getMessageClass();
  }
}
