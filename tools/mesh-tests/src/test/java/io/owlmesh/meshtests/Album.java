// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import com.google.protobuf.ByteString;
import io.owlmesh.orchestrator.store.Pictures;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** The images that clients upload: some of one session alone, some that many show. */
final class Album {
  private static final int SHARED = 5;
  private static final int SIDE = 200;

  private final AtomicInteger next = new AtomicInteger(1_000);
  private final Map<String, ByteString> tried = new ConcurrentHashMap<>();
  private final Set<String> shared = ConcurrentHashMap.newKeySet();
  private final Set<String> uploaded = ConcurrentHashMap.newKeySet();

  /** An image that nobody else uploads. */
  ByteString own(Random random) {
    return remember(Pictures.bmp(next.incrementAndGet(), SIDE + random.nextInt(SIDE)));
  }

  /** An image that others upload and show too. */
  ByteString shared(Random random) {
    ByteString file = remember(Pictures.bmp(random.nextInt(SHARED), SIDE));
    shared.add(sha256(file));
    return file;
  }

  private ByteString remember(ByteString file) {
    tried.put(sha256(file), file);
    return file;
  }

  /** An upload was acknowledged. */
  void uploaded(String sha256) {
    uploaded.add(sha256);
  }

  Set<String> uploaded() {
    return uploaded;
  }

  boolean isTried(String sha256) {
    return tried.containsKey(sha256);
  }

  boolean isShared(String sha256) {
    return shared.contains(sha256);
  }

  ByteString file(String sha256) {
    return Objects.requireNonNull(tried.get(sha256), sha256);
  }

  private static String sha256(ByteString file) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(file.toByteArray()));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
