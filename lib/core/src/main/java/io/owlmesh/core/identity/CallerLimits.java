// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.core.identity;

import io.owlmesh.core.OwlException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How much a caller or a tenant may ask for; as text {@code requests=60,positions=100000}, and
 * {@code -} for as much as there is.
 *
 * @param most by kind; a kind that is not there has no limit
 */
public record CallerLimits(Map<Kind, Long> most) {
  /** No limits. */
  public static final CallerLimits NONE = new CallerLimits(Map.of());

  private static final String NOTHING = "-";
  private static final long MOST = 1_000_000_000_000_000L;

  /** What is limited. */
  public enum Kind {
    /** Requests a minute. */
    REQUESTS,
    /** Positions of prompts and answers a minute, those of images among them. */
    POSITIONS,
    /** Images a minute, uploaded or shown in questions. */
    IMAGES,
    /** Requests that are open at a time, streams among them. */
    STREAMS,
    /** Bytes of requests and images that are held at a time. */
    BYTES,
    /** Answers in work at a time, and those that wait for a place. */
    ANSWERS,
    /** Bytes of image files that are kept; of tenants alone. */
    STORAGE;

    /** As text has it. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Whether it is counted by the minute. */
    public boolean isRate() {
      return compareTo(IMAGES) <= 0;
    }
  }

  public CallerLimits {
    most = Map.copyOf(most);
  }

  /**
   * Reads limits.
   *
   * @throws OwlException BAD_INPUT, field {@code limits}
   */
  public static CallerLimits parse(String text) {
    if (text.equals(NOTHING)) {
      return NONE;
    }
    Map<Kind, Long> most = new EnumMap<>(Kind.class);
    for (String part : text.split(",", -1)) {
      String[] sides = part.split("=", -1);
      Optional<Kind> kind =
          Stream.of(Kind.values()).filter(one -> one.label().equals(sides[0])).findFirst();
      if (sides.length != 2 || kind.isEmpty() || !sides[1].matches("[0-9]{1,15}")) {
        throw OwlException.badInput(
            "limits",
            "'%s' is no limit; such are %s"
                .formatted(
                    part, Stream.of(Kind.values()).map(one -> one.label() + "=NUMBER").toList()));
      }
      if (most.put(kind.get(), Math.min(Long.parseLong(sides[1]), MOST)) != null) {
        throw OwlException.badInput("limits", "'%s' is given twice".formatted(sides[0]));
      }
    }
    return new CallerLimits(most);
  }

  /** The limit of a kind, if there is one. */
  public Optional<Long> of(Kind kind) {
    return Optional.ofNullable(most.get(kind));
  }

  @Override
  public String toString() {
    List<String> parts = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      of(kind).ifPresent(limit -> parts.add(kind.label() + "=" + limit));
    }
    return parts.isEmpty() ? NOTHING : String.join(",", parts);
  }
}
