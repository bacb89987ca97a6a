// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.Status;
import io.owlmesh.meshtests.LyingReplica.Lie;
import io.owlmesh.proto.abstractor.v1.ResampleResponse;
import io.owlmesh.proto.llm.v1.GenerateResponse;
import io.owlmesh.proto.llm.v1.ListModelsResponse;
import io.owlmesh.proto.tensor.v1.Tensor;
import io.owlmesh.proto.vision.v1.EncodeResponse;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What can happen to a replica. */
enum Harm {
  /** Its process is killed. */
  CRASH {
    @Override
    void inflict(FaultyReplica one) throws Exception {
      one.processes().kill(one.process());
      one.relay().set(Relay.Mode.RESET); // Nothing of it is still on its way.
      one.relay().set(Relay.Mode.PASS);
    }

    @Override
    void heal(FaultyReplica one) throws Exception {
      one.processes().start(one.process(), Map.of());
    }
  },
  /** Its process stops without ending. */
  HANG {
    @Override
    void inflict(FaultyReplica one) throws Exception {
      one.processes().pause(one.process(), true);
      one.relay().set(Relay.Mode.CUT); // As above.
    }

    @Override
    void heal(FaultyReplica one) throws Exception {
      one.processes().pause(one.process(), false);
    }
  },
  /** Its answers come in drops. */
  SLOW {
    @Override
    void inflict(FaultyReplica one) {
      one.relay().set(Relay.Mode.DRIP_ANSWERS);
    }
  },
  /** Its connections are reset. */
  RESET {
    @Override
    void inflict(FaultyReplica one) {
      one.relay().set(Relay.Mode.RESET);
    }
  },
  /** Nothing comes through to it or from it. */
  PARTITION {
    @Override
    void inflict(FaultyReplica one) {
      one.relay().set(Relay.Mode.CUT);
    }
  },
  /** What it makes has another shape than it should. */
  WRONG_SHAPE {
    @Override
    void inflict(FaultyReplica one) {
      one.liar()
          .tell(
              changing(
                  tensor -> {
                    int rows = tensor.getShapeCount() - 2;
                    long columns = tensor.getShape(rows + 1);
                    long bytes = tensor.getData().size() / tensor.getShape(rows);
                    return tensor.toBuilder()
                        .setShape(rows, tensor.getShape(rows) + 1)
                        .setShape(rows + 1, columns)
                        .setData(tensor.getData().concat(zeros(bytes)))
                        .build();
                  },
                  token -> token.toBuilder().setToken(token.getToken().toBuilder().setAnswer(7))));
    }
  },
  /** What it makes is not a number. */
  NAN {
    @Override
    void inflict(FaultyReplica one) {
      one.liar()
          .tell(
              changing(
                  tensor -> tensor.toBuilder().setData(ones(tensor.getData().size())).build(),
                  token ->
                      token.toBuilder()
                          .setToken(token.getToken().toBuilder().setLogProbability(Double.NaN))));
    }
  },
  /** It refuses work because it has enough. */
  OVERLOAD {
    @Override
    void inflict(FaultyReplica one) {
      one.liar()
          .tell(
              new Lie() {
                @Override
                public byte[] answer(String method, byte[] message) {
                  return message;
                }

                @Override
                public @Nullable Status refusal(String method) {
                  return method.matches(LyingReplica.WORK)
                      ? Status.RESOURCE_EXHAUSTED.withDescription("too many requests")
                      : null;
                }
              });
    }
  },
  /** It is asked to end. */
  DRAIN {
    @Override
    void inflict(FaultyReplica one) {
      one.processes().terminate(one.process());
    }

    @Override
    void heal(FaultyReplica one) throws Exception {
      one.processes().awaitExit(one.process());
      CRASH.heal(one);
    }
  },
  /** It is replaced by one of other weights. */
  MIXED_WEIGHTS {
    @Override
    void inflict(FaultyReplica one) {
      one.liar().tell(Harm::otherWeights);
      one.relay().set(Relay.Mode.RESET);
      one.relay().set(Relay.Mode.PASS);
    }
  };

  private static final String OTHER = "f".repeat(64);

  abstract void inflict(FaultyReplica one) throws Exception;

  /** The replica is as before, but for its address and whoever lies in its name: they are new. */
  void heal(FaultyReplica one) throws Exception {}

  /** Whether somebody stands before the replica who changes what it says, or counts its work. */
  boolean needsLiar() {
    return switch (this) {
      case WRONG_SHAPE, NAN, OVERLOAD, DRAIN, MIXED_WEIGHTS -> true;
      case CRASH, HANG, SLOW, RESET, PARTITION -> false;
    };
  }

  /** Whether the mesh sees it without asking it for work. */
  boolean isNoticed() {
    return switch (this) {
      case CRASH, HANG, RESET, PARTITION, DRAIN, MIXED_WEIGHTS -> true;
      case SLOW, WRONG_SHAPE, NAN, OVERLOAD -> false;
    };
  }

  /** Whether it leaves the network as bad as it made it. */
  boolean spoilsNetwork() {
    return switch (this) {
      case HANG, SLOW, RESET, PARTITION -> true;
      case CRASH, WRONG_SHAPE, NAN, OVERLOAD, DRAIN, MIXED_WEIGHTS -> false;
    };
  }

  String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ').replace("nan", "NaN");
  }

  private static ByteString zeros(long bytes) {
    return ByteString.copyFrom(new byte[(int) bytes]);
  }

  /** Of whatever floating type, these are not numbers. */
  private static ByteString ones(int bytes) {
    byte[] all = new byte[bytes];
    java.util.Arrays.fill(all, (byte) -1);
    return ByteString.copyFrom(all);
  }

  private static Lie changing(
      UnaryOperator<Tensor> tensors,
      java.util.function.Function<GenerateResponse, GenerateResponse.Builder> tokens) {
    return (method, message) -> {
      try {
        String name = method.substring(method.indexOf('/') + 1);
        return switch (name) {
          case "Encode" -> {
            EncodeResponse said = EncodeResponse.parseFrom(message);
            yield said.toBuilder()
                .setFeatures(tensors.apply(said.getFeatures()))
                .build()
                .toByteArray();
          }
          case "Resample" -> {
            ResampleResponse said = ResampleResponse.parseFrom(message);
            yield said.toBuilder()
                .setVisualTokens(tensors.apply(said.getVisualTokens()))
                .build()
                .toByteArray();
          }
          case "Generate" -> {
            GenerateResponse said = GenerateResponse.parseFrom(message);
            yield said.hasToken() ? tokens.apply(said).build().toByteArray() : message;
          }
          default -> message;
        };
      } catch (InvalidProtocolBufferException broken) {
        throw new IllegalStateException(method, broken);
      }
    };
  }

  private static byte[] otherWeights(String method, byte[] message) {
    try {
      return switch (method) {
        case "owlmesh.vision.v1.VisionEncoder/Describe" ->
            io.owlmesh.proto.vision.v1.DescribeResponse.parseFrom(message).toBuilder()
                .setVisionDigest(OTHER)
                .build()
                .toByteArray();
        case "owlmesh.abstractor.v1.VisualAbstractor/Describe" ->
            io.owlmesh.proto.abstractor.v1.DescribeResponse.parseFrom(message).toBuilder()
                .setAbstractorDigest(OTHER)
                .build()
                .toByteArray();
        case "owlmesh.llm.v1.LanguageModel/ListModels" -> {
          ListModelsResponse.Builder models = ListModelsResponse.parseFrom(message).toBuilder();
          models.getModelsBuilder(0).getDescriptionBuilder().setLanguageDigest(OTHER);
          yield models.build().toByteArray();
        }
        default -> message;
      };
    } catch (InvalidProtocolBufferException broken) {
      throw new IllegalStateException(method, broken);
    }
  }
}
