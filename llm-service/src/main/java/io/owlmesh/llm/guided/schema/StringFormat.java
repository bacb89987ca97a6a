// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided.schema;

import com.google.common.base.Suppliers;
import com.google.common.collect.ImmutableMap;
import io.owlmesh.llm.guided.automaton.RegexParser;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.lucene.util.automaton.Automaton;

/**
 * The formats of strings that are kept when they are generated. Each is a part of what its standard
 * allows that common readers accept, too.
 */
final class StringFormat {
  private static final String YEAR = "(?:\\d{3}[1-9]|\\d\\d[1-9]\\d|\\d[1-9]\\d\\d|[1-9]\\d{3})";
  private static final String LEAP_YEAR =
      "(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)";

  /** Of RFC 3339, from the year 1 on, as the calendar has them. */
  private static final String DATE =
      "(?:"
          + YEAR
          + "-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])"
          + "|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)"
          + "|02-(?:0[1-9]|1\\d|2[0-8]))|"
          + LEAP_YEAR
          + "-02-29)";

  private static final String TIME =
      "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,6})?(?:Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)";

  private static final String DURATION =
      "P(?:\\d{1,4}W|(?:\\d{1,4}Y(?:\\d{1,4}M(?:\\d{1,4}D)?)?|\\d{1,4}M(?:\\d{1,4}D)?|\\d{1,4}D)"
          + "(?:T%1$s)?|T%1$s)"
              .formatted(
                  "(?:\\d{1,4}H(?:\\d{1,4}M(?:\\d{1,4}S)?)?|\\d{1,4}M(?:\\d{1,4}S)?|\\d{1,4}S)");

  private static final String LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
  private static final String HOST = LABEL + "(?:\\." + LABEL + "){0,3}";
  private static final String EMAIL =
      "[A-Za-z0-9_+-]{1,32}(?:\\.[A-Za-z0-9_+-]{1,16}){0,1}@(?:"
          + LABEL
          + "\\.){1,3}[A-Za-z]{2,18}";

  private static final String OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
  private static final String IPV4 = OCTET + "(?:\\." + OCTET + "){3}";

  private static final String PATH_CHARACTER = "(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})";

  private static final String URI =
      "[A-Za-z][A-Za-z0-9+.-]*://"
          + HOST
          + "(?::[1-9]\\d{0,3})?(?:/%1$s*)*(?:\\?(?:%1$s|[/?])*)?(?:#(?:%1$s|[/?])*)?"
              .formatted(PATH_CHARACTER);

  private static final ImmutableMap<String, Supplier<Automaton>> KEPT =
      ImmutableMap.<String, Supplier<Automaton>>builder()
          .put("date", compiled(DATE))
          .put("time", compiled(TIME))
          .put("date-time", compiled(DATE + "T" + TIME))
          .put("duration", compiled(DURATION))
          .put("uuid", compiled(uuid("[0-9a-fA-F]")))
          .put("uuid1", compiled(uuid("1")))
          .put("uuid3", compiled(uuid("3")))
          .put("uuid4", compiled(uuid("4")))
          .put("uuid5", compiled(uuid("5")))
          .put("email", compiled(EMAIL))
          .put("uri", compiled(URI))
          .put("url", compiled(URI))
          .put("hostname", compiled(HOST))
          .put("ipv4", compiled(IPV4))
          .put("ipv6", compiled(ipv6()))
          .buildOrThrow();

  /** Formats that tell what a value is for, and allow what its type does. */
  private static final Set<String> ANNOTATIONS =
      Set.of(
          "int8",
          "int16",
          "int32",
          "int64",
          "uint8",
          "uint16",
          "uint32",
          "uint64",
          "float",
          "double",
          "decimal",
          "password",
          "binary",
          "byte",
          "path",
          "file-path",
          "directory-path",
          "json-string",
          "multi-host-uri",
          "textarea",
          "markdown",
          "html");

  private StringFormat() {}

  private static Supplier<Automaton> compiled(String regex) {
    return Suppliers.memoize(() -> RegexParser.whole(regex));
  }

  private static String uuid(String version) {
    String hex = "[0-9a-fA-F]";
    String variant = version.length() == 1 ? "[89abAB]" : hex;
    return "%1$s{8}-%1$s{4}-%2$s%1$s{3}-%3$s%1$s{3}-%1$s{12}".formatted(hex, version, variant);
  }

  /** Eight groups, of which "::" may stand for two or more (RFC 5952). */
  private static String ipv6() {
    String group = "[0-9a-f]{1,4}";
    StringBuilder all = new StringBuilder("(?:" + group + ":){7}" + group);
    for (int before = 0; before <= 6; before++) {
      String begin = before == 0 ? ":" : "(?:" + group + ":){" + before + "}";
      int after = 6 - before;
      all.append("|").append(begin);
      all.append(after == 0 ? ":" : "(?::|(?::" + group + "){1," + after + "})");
    }
    return all.toString();
  }

  /**
   * The format that a schema names, if it is one of strings.
   *
   * @throws io.owlmesh.core.OwlException BAD_INPUT naming the pointer if it is not known
   */
  static Optional<Automaton> of(Subschema schema) {
    if (!schema.has("format")) {
      return Optional.empty();
    }
    String name = schema.get("format").asText();
    Supplier<Automaton> kept = KEPT.get(name);
    if (kept == null && !ANNOTATIONS.contains(name)) {
      throw schema.refused(
          "format",
          "'" + name + "' is not supported; known are " + KEPT.keySet().stream().sorted().toList());
    }
    return Optional.ofNullable(kept).map(Supplier::get);
  }
}
