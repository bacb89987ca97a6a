// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.owlmesh.core.HostTensor;
import io.owlmesh.core.Sha256;
import io.owlmesh.core.identity.Tenant;
import io.owlmesh.model.text.PromptTokens;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/** A prompt on its way into the engine: ids, and visual tokens with digests of what they hold. */
public final class EnginePrompt {
  // Of a visual position: SHA-256 of the image's tokens and the position in it.
  private static final int VISUAL_BYTES = 32 + Integer.BYTES;

  private final int[] ids;
  private final int[] starts;
  private final int visualTokens;
  private final List<HostTensor> images;
  private final List<PromptChain> chains;
  private final String tenant;
  private final List<byte[]> digests = new ArrayList<>();

  /**
   * @param images visual tokens [T, H] of each place
   * @param chains beginnings that have a name, in order
   * @param tenant who shares what is kept of it, and with nobody else
   */
  public EnginePrompt(
      PromptTokens tokens, List<HostTensor> images, List<PromptChain> chains, Tenant tenant) {
    this.tenant = tenant.name();
    this.ids = tokens.ids();
    this.starts = tokens.imageStarts().stream().mapToInt(Integer::intValue).toArray();
    this.visualTokens = tokens.visualTokens();
    this.images = List.copyOf(images);
    this.chains = List.copyOf(chains);
    for (HostTensor image : images) {
      digests.add(digest(image));
    }
  }

  private static byte[] digest(HostTensor tensor) {
    MessageDigest sha = Sha256.begin();
    sha.update(tensor.toString().getBytes(UTF_8));
    sha.update(tensor.bytes());
    return sha.digest();
  }

  /** A prompt of the default tenant. */
  public EnginePrompt(PromptTokens tokens, List<HostTensor> images, List<PromptChain> chains) {
    this(tokens, images, chains, Tenant.DEFAULT);
  }

  /** Positions. */
  public int length() {
    return ids.length;
  }

  int[] ids() {
    return ids;
  }

  int[] starts() {
    return starts;
  }

  List<HostTensor> images() {
    return images;
  }

  String tenant() {
    return tenant;
  }

  List<PromptChain> chains() {
    return chains;
  }

  /** What a position holds, for the key of its block. */
  void content(int position, ByteBuffer to) {
    int id = ids[position];
    to.putInt(id);
    if (id >= 0) {
      return;
    }
    for (int i = starts.length - 1; i >= 0; i--) {
      if (position >= starts[i]) {
        to.put(digests.get(i)).putInt(position - starts[i]);
        return;
      }
    }
    throw new IllegalStateException("position " + position + " is visual, but of no image");
  }

  /** Bytes that the content of a position takes at most. */
  static int contentBytes() {
    return Integer.BYTES + VISUAL_BYTES;
  }

  int visualTokens() {
    return visualTokens;
  }
}
