// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.tokenizer;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes a SentencePiece model of the kind that LLaMA has, by the field numbers of
 * sentencepiece_model.proto: unknown, begin and end, 256 bytes, merged pieces, single characters;
 * scores fall by one from piece to piece, as merges came.
 */
final class SentencePieceWriter {
  private static final int BYTES = 256;

  /** Pieces that every model has: three marks and the bytes. */
  static final int SPECIAL = 3 + BYTES;

  private static final int NORMAL = 1;
  private static final int UNKNOWN = 2;
  private static final int CONTROL = 3;
  private static final int BYTE = 6;
  private static final int BPE = 2;

  private SentencePieceWriter() {}

  /** A message's fields. */
  @FunctionalInterface
  private interface Fields {
    void write(CodedOutputStream out) throws IOException;
  }

  static void write(Path file, List<String> merged, List<String> singles) throws IOException {
    byte[] model =
        message(out -> {
          piece(out, "<unk>", 0, UNKNOWN);
          piece(out, "<s>", 0, CONTROL);
          piece(out, "</s>", 0, CONTROL);
          for (int i = 0; i < BYTES; i++) {
            piece(out, "<0x%02X>".formatted(i), 0, BYTE);
          }
          int rank = 0;
          for (String piece : merged) {
            piece(out, piece, -rank++, NORMAL);
          }
          for (String piece : singles) {
            piece(out, piece, -rank++, NORMAL);
          }
          trainerSpec(out, SPECIAL + merged.size() + singles.size());
          normalizerSpec(out);
        });
    Files.write(file, model);
  }

  private static byte[] message(Fields fields) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    fields.write(out);
    out.flush();
    return bytes.toByteArray();
  }

  private static void nested(CodedOutputStream out, int field, Fields fields) throws IOException {
    out.writeTag(field, WireFormat.WIRETYPE_LENGTH_DELIMITED);
    out.writeBytesNoTag(ByteString.copyFrom(message(fields)));
  }

  private static void piece(CodedOutputStream out, String text, float score, int type)
      throws IOException {
    nested(
        out,
        1,
        piece -> {
          piece.writeString(1, text);
          piece.writeFloat(2, score);
          piece.writeEnum(3, type);
        });
  }

  private static void trainerSpec(CodedOutputStream out, int pieces) throws IOException {
    nested(
        out,
        2,
        spec -> {
          spec.writeEnum(3, BPE);
          spec.writeInt32(4, pieces);
          spec.writeBool(23, true); // split_digits
          spec.writeBool(35, true); // byte_fallback
          spec.writeInt32(40, 0); // unk_id
          spec.writeInt32(41, 1); // bos_id
          spec.writeInt32(42, 2); // eos_id
          spec.writeInt32(43, -1); // pad_id
        });
  }

  private static void normalizerSpec(CodedOutputStream out) throws IOException {
    nested(
        out,
        3,
        spec -> {
          spec.writeString(1, "identity");
          spec.writeBool(3, true); // add_dummy_prefix
          spec.writeBool(4, false); // remove_extra_whitespaces
          spec.writeBool(5, true); // escape_whitespaces
        });
  }
}
