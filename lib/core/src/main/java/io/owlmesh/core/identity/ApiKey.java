// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.core.identity;

import io.owlmesh.core.OwlException;
import io.owlmesh.core.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What is kept of an API key, {@code owl_ID_SECRET}: its ID, which is no secret, and the SHA-256 of
 * the secret. The secret has 256 random bits, so that a fast hash without salt is enough.
 *
 * @param id 8 characters, by which it is found, listed and revoked
 * @param sha256 of the secret, 64 hexadecimal digits
 * @param tenant whose conversations its bearer sees
 * @param expires when it ends; empty for never
 * @param name for people
 */
public record ApiKey(
    String id,
    String sha256,
    Role role,
    String tenant,
    Instant created,
    Optional<Instant> expires,
    String name) {
  private static final String SCHEME = "owl_";
  private static final Pattern ID = Pattern.compile("[a-z2-7]{8}");
  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern NAME = Pattern.compile("[^\\p{Cntrl}]{0,100}");
  private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
  private static final int ID_LENGTH = 8;
  private static final int SECRET_BYTES = 32;
  private static final int SECRET_LENGTH = 43;
  private static final int FIELDS = 7;
  private static final SecureRandom RANDOM = new SecureRandom();

  /**
   * @throws OwlException BAD_INPUT naming the field that is malformed
   */
  public ApiKey {
    require(ID, "id", id);
    require(DIGEST, "sha256", sha256);
    var _ = new Tenant(tenant);
    require(NAME, "name", name);
  }

  private static void require(Pattern pattern, String field, String value) {
    if (!pattern.matcher(value).matches()) {
      throw OwlException.badInput(field, "'%s' does not match %s".formatted(value, pattern));
    }
  }

  /**
   * A key as its bearer sends it.
   *
   * @param id of the key
   * @param secret shown once and never kept
   */
  public record Secret(String id, String secret) {
    /** A new one. */
    public static Secret random() {
      StringBuilder id = new StringBuilder();
      for (int i = 0; i < ID_LENGTH; i++) {
        id.append(ALPHABET.charAt(RANDOM.nextInt(ALPHABET.length())));
      }
      byte[] bytes = new byte[SECRET_BYTES];
      RANDOM.nextBytes(bytes);
      return new Secret(
          id.toString(), Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    }

    /** Takes a credential apart; empty if it is none of ours. */
    public static Optional<Secret> of(String credential) {
      int end = SCHEME.length() + ID_LENGTH;
      boolean shaped =
          credential.length() == end + 1 + SECRET_LENGTH
              && credential.startsWith(SCHEME)
              && credential.charAt(end) == '_';
      return shaped
          ? Optional.of(
              new Secret(credential.substring(SCHEME.length(), end), credential.substring(end + 1)))
          : Optional.empty();
    }

    byte[] digest() {
      return Sha256.begin().digest(secret.getBytes(StandardCharsets.UTF_8));
    }

    /** The whole credential, which is not to be logged. */
    public String credential() {
      return SCHEME + id + "_" + secret;
    }

    @Override
    public String toString() {
      return SCHEME + id;
    }
  }

  /** What is to be kept of a new key. */
  public static ApiKey of(
      Secret secret,
      Role role,
      String tenant,
      Instant now,
      Optional<Instant> expires,
      String name) {
    return new ApiKey(
        secret.id(), HexFormat.of().formatHex(secret.digest()), role, tenant, now, expires, name);
  }

  /** What of a key may be shown. */
  public String prefix() {
    return SCHEME + id;
  }

  /** Whether a credential is this key, in a time that does not depend on where they differ. */
  public boolean matches(Secret given) {
    return MessageDigest.isEqual(HexFormat.of().parseHex(sha256), given.digest());
  }

  public boolean isExpired(Instant now) {
    return expires.isPresent() && !now.isBefore(expires.get());
  }

  String toLine() {
    return String.join(
        " ",
        id,
        sha256,
        role.label(),
        tenant,
        created.toString(),
        expires.map(Instant::toString).orElse("-"),
        name);
  }

  static ApiKey ofLine(String line) {
    String[] fields = line.split(" ", FIELDS);
    if (fields.length != FIELDS) {
      throw OwlException.badInput(
          "keys", "a line has %d fields instead of %d".formatted(fields.length, FIELDS));
    }
    Role role =
        Role.of(fields[2])
            .orElseThrow(() -> OwlException.badInput("role", "'" + fields[2] + "' is unknown"));
    return new ApiKey(
        fields[0],
        fields[1],
        role,
        fields[3],
        time(fields[4]),
        fields[5].equals("-") ? Optional.empty() : Optional.of(time(fields[5])),
        fields[6]);
  }

  private static Instant time(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException e) {
      throw OwlException.badInput("time", "'" + text + "' is no time");
    }
  }
}
