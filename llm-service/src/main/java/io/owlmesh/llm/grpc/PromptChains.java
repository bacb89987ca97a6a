// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.grpc;

import com.google.common.base.Utf8;
import com.google.protobuf.ByteString;
import io.owlmesh.core.OwlException;
import io.owlmesh.llm.engine.PromptChain;
import io.owlmesh.model.text.PromptTokens;
import io.owlmesh.model.text.Tokenizer;
import java.util.ArrayList;
import java.util.List;

/**
 * Where in a prompt the parts end that have a name. Texts between two images are cut into tokens
 * together, so that a part may end inside of a token: then its name ends before that.
 */
final class PromptChains {
  private static final int MOST = 1024;

  private final List<Mark> marks = new ArrayList<>();
  // Bytes of UTF-8 before the first image, and after each.
  private final List<Long> texts = new ArrayList<>(List.of(0L));

  private record Mark(ByteString name, int images, long bytes) {}

  void text(String text) {
    texts.set(texts.size() - 1, texts.getLast() + Utf8.encodedLength(text));
  }

  void image() {
    texts.add(0L);
  }

  /** Names the prompt up to here. */
  void name(ByteString name) {
    if (marks.size() == MOST) {
      throw OwlException.badInput("chain", "more than " + MOST + " parts have a name");
    }
    marks.add(new Mark(name, texts.size() - 1, texts.getLast()));
  }

  /** The names with their positions, in order. */
  List<PromptChain> in(PromptTokens tokens, Tokenizer tokenizer) {
    if (marks.isEmpty()) {
      return List.of();
    }
    int[] ids = tokens.ids();
    return marks.stream()
        .map(mark -> new PromptChain(mark.name, end(mark, tokens, ids, tokenizer)))
        .toList();
  }

  private int end(Mark mark, PromptTokens tokens, int[] ids, Tokenizer tokenizer) {
    List<Integer> images = tokens.imageStarts();
    int begin = mark.images == 0 ? 0 : images.get(mark.images - 1) + tokens.visualTokens();
    int end = mark.images < images.size() ? images.get(mark.images) : tokens.length();
    if (mark.bytes == texts.get(mark.images)) {
      return end;
    }
    int at = begin;
    long bytes = 0;
    boolean first = true; // Of a text: after an image, or a token that is no text.
    while (at < end) {
      int more = tokenizer.bytes(ids[at], first).length;
      bytes += more;
      if (bytes > mark.bytes) {
        break;
      }
      first = more == 0;
      at++;
    }
    return at;
  }
}
