// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.vision.v1.VisionEncoderGrpc;
import io.owlmesh.wire.RawMethod;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Messages of every method of a mesh that no stub would make. */
final class HostileGrpc {
  private static final int LIMIT_SECONDS = 20;
  private static final int SHORT_MILLIS = 120;

  private final List<Target> targets = new ArrayList<>();

  private record Target(Channel channel, MethodDescriptor<?, ?> method) {}

  /**
   * @param channels to each service of a mesh, by its name
   */
  HostileGrpc(Map<String, ? extends Channel> channels) {
    Map<String, ServiceDescriptor> own =
        Map.of(
            "orchestrator", ChatGrpc.getServiceDescriptor(),
            "vision", VisionEncoderGrpc.getServiceDescriptor(),
            "abstractor", VisualAbstractorGrpc.getServiceDescriptor(),
            "llm", LanguageModelGrpc.getServiceDescriptor());
    channels.forEach((name, channel) -> {
      for (ServiceDescriptor service :
          List.of(
              own.get(name),
              HealthGrpc.getServiceDescriptor(),
              ServerReflectionGrpc.getServiceDescriptor())) {
        Objects.requireNonNull(service)
            .getMethods()
            .forEach(method -> targets.add(new Target(channel, method)));
      }
    });
  }

  void attack(Random random) throws Exception {
    Target target = targets.get(random.nextInt(targets.size()));
    Descriptor type =
        Objects.requireNonNull(
                (Message)
                    ((PrototypeMarshaller<?>) target.method.getRequestMarshaller())
                        .getMessagePrototype())
            .getDescriptorForType();
    List<byte[]> messages = new ArrayList<>();
    int count = target.method.getType().clientSendsOneMessage() ? 1 : 1 + random.nextInt(4);
    for (int i = 0; i < count; i++) {
      messages.add(message(random, type));
    }
    call(target, messages, random);
  }

  private static byte[] message(Random random, Descriptor type) throws IOException {
    return switch (random.nextInt(8)) {
      case 0 -> new byte[0];
      case 1 -> noise(random, random.nextInt(2000));
      case 2 -> repeated(random, 1 << (6 + random.nextInt(15)));
      case 3 -> noise(random, random.nextInt(50) == 0 ? 33 << 20 : 70_000);
      case 4 -> nested(1 + random.nextInt(3000));
      default -> typed(random, type, 0).toByteArray();
    };
  }

  private static byte[] noise(Random random, int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  /** One empty field again and again: known ones at first, unknown ones beyond. */
  private static byte[] repeated(Random random, int times) {
    byte tag = (byte) ((1 + random.nextInt(15)) << 3 | 2);
    byte[] bytes = new byte[2 * times];
    for (int i = 0; i < bytes.length; i += 2) {
      bytes[i] = tag;
    }
    return bytes;
  }

  private static byte[] nested(int depth) throws IOException {
    ByteString inner = ByteString.EMPTY;
    for (int i = 0; i < depth; i++) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      out.writeBytes(1, inner);
      out.flush();
      inner = ByteString.copyFrom(bytes.toByteArray());
    }
    return inner.toByteArray();
  }

  /** Fields that exist, with values that make no sense. */
  private static Message typed(Random random, Descriptor type, int depth) {
    Message.Builder message = com.google.protobuf.DynamicMessage.newBuilder(type);
    for (FieldDescriptor field : type.getFields()) {
      if (random.nextInt(3) == 0
          || (depth > 4 && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE)) {
        continue;
      }
      if (field.isRepeated()) {
        for (int i = random.nextInt(5); i > 0; i--) {
          message.addRepeatedField(field, value(random, field, depth));
        }
      } else {
        message.setField(field, value(random, field, depth));
      }
    }
    return message.build();
  }

  private static Object value(Random random, FieldDescriptor field, int depth) {
    return switch (field.getJavaType()) {
      case INT -> random.nextBoolean() ? random.nextInt() : random.nextInt(4);
      case LONG -> random.nextBoolean() ? random.nextLong() : random.nextInt(4);
      case FLOAT -> random.nextBoolean() ? Float.NaN : random.nextFloat();
      case DOUBLE -> random.nextBoolean() ? Double.NEGATIVE_INFINITY : random.nextDouble();
      case BOOLEAN -> random.nextBoolean();
      case STRING -> random.nextBoolean() ? "../\u0000x" : "x".repeat(random.nextInt(3000));
      case BYTE_STRING -> ByteString.copyFrom(noise(random, random.nextInt(3000)));
      case ENUM ->
          field
              .getEnumType()
              .getValues()
              .get(random.nextInt(field.getEnumType().getValues().size()));
      case MESSAGE -> typed(random, field.getMessageType(), depth + 1);
    };
  }

  /** Calls; some with hardly any time, some given up, some that never say that it was all. */
  private static void call(Target target, List<byte[]> messages, Random random) throws Exception {
    CompletableFuture<Status> end = new CompletableFuture<>();
    MethodDescriptor<byte[], byte[]> method =
        RawMethod.of(target.method.getFullMethodName(), target.method.getType());
    int limit = random.nextInt(3) == 0 ? SHORT_MILLIS : 2_000;
    ClientCall<byte[], byte[]> call =
        target.channel.newCall(
            method, CallOptions.DEFAULT.withDeadlineAfter(limit, TimeUnit.MILLISECONDS));
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            end.complete(status);
          }
        },
        new Metadata());
    call.request(100);
    for (byte[] message : messages) {
      call.sendMessage(message);
    }
    switch (random.nextInt(6)) {
      case 0 -> call.cancel("given up", null);
      case 1 -> {} // Its deadline ends it.
      default -> call.halfClose();
    }
    try {
      end.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException | ExecutionException hung) {
      throw new IllegalStateException(
          "a call of " + method.getFullMethodName() + " never ends", hung);
    }
  }
}
