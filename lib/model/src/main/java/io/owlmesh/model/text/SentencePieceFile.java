// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.RegularFile;
import io.owlmesh.model.text.Vocabulary.Kind;
import io.owlmesh.model.text.Vocabulary.Piece;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads {@code tokenizer.model}: the ModelProto of sentencepiece_model.proto, whose field numbers
 * stand here. What a file asks for beyond the tokenisers of LLaMA models is refused by name,
 * because ignoring it would give other ids.
 */
final class SentencePieceFile {
  private static final int BPE = 2;
  private static final int LENGTH_DELIMITED = WireFormat.WIRETYPE_LENGTH_DELIMITED;
  private static final List<String> MODEL_TYPES = List.of("?", "UNIGRAM", "BPE", "WORD", "CHAR");

  // By number of ModelProto.SentencePiece.Type, from 1.
  private static final List<Kind> KINDS =
      List.of(Kind.NORMAL, Kind.UNKNOWN, Kind.CONTROL, Kind.USER_DEFINED, Kind.UNUSED, Kind.BYTE);

  private final String where;
  private final List<Piece> pieces = new ArrayList<>();
  private int modelType = 1;
  private boolean byteFallback;
  private boolean dummyPrefix = true;
  private boolean collapse = true;

  private SentencePieceFile(String where) {
    this.where = where;
  }

  /**
   * @throws OwlException BAD_CHECKPOINT if the file is damaged or not for a LLaMA model
   */
  static Tokenizer read(Path path, TokenizerFolder folder) {
    SentencePieceFile file = new SentencePieceFile(String.valueOf(path.getFileName()));
    byte[] model = RegularFile.read(path, file.where, TokenizerFolder.MAX_FILE);
    try {
      file.model(CodedInputStream.newInstance(model));
    } catch (IOException e) {
      throw OwlException.badCheckpoint(file.where, "not a SentencePiece model: " + e.getMessage());
    }
    return file.tokenizer(folder);
  }

  private Tokenizer tokenizer(TokenizerFolder folder) {
    if (modelType != BPE) {
      String name = modelType < MODEL_TYPES.size() ? MODEL_TYPES.get(modelType) : "?";
      throw refused("model_type " + modelType + " (" + name + "); LLaMA models have 2 (BPE)");
    }
    List<AddedToken> added = folder.mergeInto(where, pieces);
    Vocabulary vocabulary = new Vocabulary(where, pieces, false);
    if (byteFallback && !vocabulary.spellsBytes()) {
      throw OwlException.badCheckpoint(where, "byte_fallback without a piece for every byte");
    }
    var before =
        folder.isLegacy() ? Normaliser.Prefix.ALWAYS : Normaliser.Prefix.FIRST_UNLESS_THERE;
    var prefix = dummyPrefix ? before : Normaliser.Prefix.NEVER;
    return new Tokenizer(
        vocabulary,
        new Normaliser(prefix, collapse),
        (text, start, middle, end) -> {
          int id = vocabulary.find(text.substring(start, end));
          return id == Vocabulary.NONE ? Merges.NEVER : vocabulary.piece(id).score();
        },
        new AddedTokenCutter(added),
        AddedTokenCutter.NONE);
  }

  private static CodedInputStream message(CodedInputStream in, int tag) throws IOException {
    return CodedInputStream.newInstance(expect(in, tag, LENGTH_DELIMITED).readByteArray());
  }

  private static String string(CodedInputStream in, int tag) throws IOException {
    return expect(in, tag, LENGTH_DELIMITED).readString();
  }

  private static int int32(CodedInputStream in, int tag) throws IOException {
    return expect(in, tag, WireFormat.WIRETYPE_VARINT).readInt32();
  }

  private static float float32(CodedInputStream in, int tag) throws IOException {
    return expect(in, tag, WireFormat.WIRETYPE_FIXED32).readFloat();
  }

  /** To protobuf, a field of another type is an unknown one; to skip it would give other ids. */
  private static CodedInputStream expect(CodedInputStream in, int tag, int wireType)
      throws InvalidProtocolBufferException {
    int found = WireFormat.getTagWireType(tag);
    if (found != wireType) {
      throw new InvalidProtocolBufferException(
          "field " + WireFormat.getTagFieldNumber(tag) + " has wire type " + found);
    }
    return in;
  }

  private void model(CodedInputStream in) throws IOException {
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case 1 -> pieces.add(piece(message(in, tag)));
        case 2 -> trainerSpec(message(in, tag));
        case 3 -> normalizerSpec(message(in, tag));
        case 5 -> denormalizerSpec(message(in, tag));
        default -> in.skipField(tag);
      }
    }
  }

  private static Piece piece(CodedInputStream in) throws IOException {
    String text = "";
    float score = 0;
    Kind kind = Kind.NORMAL;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case 1 -> text = string(in, tag);
        case 2 -> score = float32(in, tag);
        case 3 -> kind = kind(int32(in, tag));
        default -> in.skipField(tag);
      }
    }
    return new Piece(text, score, kind);
  }

  private static Kind kind(int number) throws InvalidProtocolBufferException {
    if (number < 1 || number > KINDS.size()) {
      throw new InvalidProtocolBufferException("piece type " + number);
    }
    return KINDS.get(number - 1);
  }

  private void trainerSpec(CodedInputStream in) throws IOException {
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case 3 -> modelType = int32(in, tag);
        case 24 -> refuseIf(int32(in, tag) != 0, "treat_whitespace_as_suffix");
        case 35 -> byteFallback = int32(in, tag) != 0;
        default -> in.skipField(tag);
      }
    }
  }

  private void normalizerSpec(CodedInputStream in) throws IOException {
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case 2 -> refuseIf(!string(in, tag).isEmpty(), "a precompiled_charsmap to normalise with");
        case 3 -> dummyPrefix = int32(in, tag) != 0;
        case 4 -> collapse = int32(in, tag) != 0;
        case 5 -> refuseIf(int32(in, tag) == 0, "escape_whitespaces false");
        default -> in.skipField(tag);
      }
    }
  }

  private void denormalizerSpec(CodedInputStream in) throws IOException {
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (WireFormat.getTagFieldNumber(tag) == 2) {
        refuseIf(!string(in, tag).isEmpty(), "a precompiled_charsmap to denormalise with");
      } else {
        in.skipField(tag);
      }
    }
  }

  private void refuseIf(boolean asked, String what) {
    if (asked) {
      throw refused(what);
    }
  }

  private OwlException refused(String what) {
    return OwlException.badCheckpoint(where, "asks for " + what);
  }
}
