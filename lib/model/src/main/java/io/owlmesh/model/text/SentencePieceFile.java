// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import io.owlmesh.core.OwlException;
import io.owlmesh.model.RegularFile;
import io.owlmesh.model.text.Vocabulary.Kind;
import io.owlmesh.model.text.Vocabulary.Piece;
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
      file.model(new ProtoReader(model));
    } catch (ProtoReader.Malformed e) {
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
    Vocabulary vocabulary = new Vocabulary(where, pieces);
    if (byteFallback && !vocabulary.spellsBytes()) {
      throw OwlException.badCheckpoint(where, "byte_fallback without a piece for every byte");
    }
    var prefix = dummyPrefix ? Normaliser.Prefix.ALWAYS : Normaliser.Prefix.NEVER;
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

  private void model(ProtoReader in) throws ProtoReader.Malformed {
    while (in.next()) {
      switch (in.field()) {
        case 1 -> pieces.add(piece(in.message()));
        case 2 -> trainerSpec(in.message());
        case 3 -> normalizerSpec(in.message());
        case 5 -> denormalizerSpec(in.message());
        default -> in.skip();
      }
    }
  }

  private static Piece piece(ProtoReader in) throws ProtoReader.Malformed {
    String text = "";
    float score = 0;
    Kind kind = Kind.NORMAL;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> text = in.string();
        case 2 -> score = in.float32();
        case 3 -> kind = kind(in.int32());
        default -> in.skip();
      }
    }
    return new Piece(text, score, kind);
  }

  private static Kind kind(int number) throws ProtoReader.Malformed {
    if (number < 1 || number > KINDS.size()) {
      throw new ProtoReader.Malformed("piece type " + number);
    }
    return KINDS.get(number - 1);
  }

  private void trainerSpec(ProtoReader in) throws ProtoReader.Malformed {
    while (in.next()) {
      switch (in.field()) {
        case 3 -> modelType = in.int32();
        case 24 -> refuseIf(in.int32() != 0, "treat_whitespace_as_suffix");
        case 35 -> byteFallback = in.int32() != 0;
        default -> in.skip();
      }
    }
  }

  private void normalizerSpec(ProtoReader in) throws ProtoReader.Malformed {
    while (in.next()) {
      switch (in.field()) {
        case 2 -> refuseIf(!in.string().isEmpty(), "a precompiled_charsmap to normalise with");
        case 3 -> dummyPrefix = in.int32() != 0;
        case 4 -> collapse = in.int32() != 0;
        case 5 -> refuseIf(in.int32() == 0, "escape_whitespaces false");
        default -> in.skip();
      }
    }
  }

  private void denormalizerSpec(ProtoReader in) throws ProtoReader.Malformed {
    while (in.next()) {
      if (in.field() == 2) {
        refuseIf(!in.string().isEmpty(), "a precompiled_charsmap to denormalise with");
      } else {
        in.skip();
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
