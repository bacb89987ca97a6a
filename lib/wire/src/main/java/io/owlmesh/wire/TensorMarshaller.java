// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.HasByteBuffer;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads large messages into one direct buffer that their bytes fields share: one copy instead of
 * two, and a heap that stays small whatever images and tensors are under way. Small messages, and
 * messages that do not come from the network as plain buffers, are left to the usual marshaller. So
 * is writing: gRPC takes nothing but arrays, and the usual way, through 4 KB that stay in the
 * cache, takes as long as one plain copy.
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

  private TensorMarshaller(PrototypeMarshaller<T> usual, Parser<?> parser) {
    this.usual = usual;
    this.parser = parser;
  }

  /**
   * Takes the place of a marshaller; returns others than those of protobuf messages as they are.
   */
  static <T> MethodDescriptor.Marshaller<T> over(MethodDescriptor.Marshaller<T> usual) {
    return usual instanceof PrototypeMarshaller<T> marshaller
            && marshaller.getMessagePrototype() instanceof MessageLite prototype
            && !(usual instanceof TensorMarshaller<T>)
        ? new TensorMarshaller<>(marshaller, prototype.getParserForType())
        : usual;
  }

  @Override
  public InputStream stream(T message) {
    return usual.stream(message);
  }

  /**
   * Parses a message. Its size needs no check: gRPC refuses what is above {@code
   * maxInboundMessageSize} when it has read the length, before it collects the bytes.
   *
   * @throws io.grpc.StatusRuntimeException INTERNAL if the bytes are not such a message
   */
  @Override
  public T parse(InputStream stream) {
    try {
      int size = stream instanceof KnownLength ? stream.available() : 0;
      if (size >= MIN_DIRECT
          && stream instanceof HasByteBuffer buffers
          && buffers.byteBufferSupported()) {
        return parse(collect(stream, buffers, size));
      }
      return usual.parse(stream);
    } catch (InvalidProtocolBufferException e) {
      throw Status.INTERNAL
          .withDescription("not a valid protobuf message")
          .withCause(e)
          .asRuntimeException();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
  private T parse(ByteBuffer bytes) throws InvalidProtocolBufferException {
    // By way of a ByteString: only of its bytes does protobuf believe that they will not change,
    // and
    // only what does not change does it share.
    ByteString whole = UnsafeByteOperations.unsafeWrap(bytes);
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
