// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The documents name all that the code has, and their links lead somewhere. */
class DocumentationTest {
  private static final Pattern LINK = Pattern.compile("\\[[^\\]]*\\]\\(([^)\\s]+)\\)");
  private static final Pattern HEADING = Pattern.compile("^#+ (.+)$", Pattern.MULTILINE);
  private static final Pattern INLINE_CODE = Pattern.compile("`[^`\n]*`");

  /** A getter of a settings interface, with its annotations. */
  private static final Pattern SETTING =
      Pattern.compile("((?:@\\w+(?:\\(\"[^\"]*\"\\))?\\s+)*)[A-Z\\w][\\w<>.]*\\s+(\\w+)\\(\\);");

  private static final Pattern DEFAULT = Pattern.compile("@WithDefault\\(\"([^\"]*)\"\\)");
  private static final Pattern NAME = Pattern.compile("@WithName\\(\"([^\"]*)\"\\)");
  private static final Pattern OPTION = Pattern.compile("names\\s*=\\s*(\\{[^}]*\\}|\"[^\"]*\")");
  private static final Pattern LONG_NAME = Pattern.compile("\"(--[a-z][a-z-]*)\"");
  private static final Pattern COMMAND = Pattern.compile("@Command\\(\\s*name = \"([a-z-]+)\"");
  private static final Pattern RPC = Pattern.compile("^ {2}rpc (\\w+)\\(", Pattern.MULTILINE);
  private static final Pattern ROUTE =
      Pattern.compile("router\\s*\\.(get|post|put|patch|delete)\\(([^)]*)\\)");
  private static final Pattern INSTRUMENT =
      Pattern.compile("\\.(?:span|histogram|counter|gauge)Builder\\(\"([\\w.]+)\"\\)");
  private static final Pattern CONSTANT = Pattern.compile("String SESSION = \"([^\"]*)\"");

  @Test
  void relativeLinksLeadToFilesAndHeadings() throws IOException {
    List<String> broken = new ArrayList<>();
    for (Path document : Documents.all()) {
      // Brackets in code are no links; the text of a link may be code.
      String prose = INLINE_CODE.matcher(Documents.prose(document)).replaceAll("");
      Matcher links = LINK.matcher(prose);
      while (links.find()) {
        String link = links.group(1);
        if (!link.matches("\\w+:.*") && !leadsSomewhere(document, link)) {
          broken.add(Processes.ROOT.relativize(document) + ": " + link);
        }
      }
    }

    assertThat(broken).isEmpty();
  }

  private static boolean leadsSomewhere(Path document, String link) throws IOException {
    String[] parts = link.split("#", 2);
    Path target = parts[0].isEmpty() ? document : document.resolveSibling(parts[0]).normalize();
    return Files.exists(target) && (parts.length == 1 || anchors(target).contains(parts[1]));
  }

  /** Anchors of headings, as GitHub makes them. */
  private static Set<String> anchors(Path document) throws IOException {
    return HEADING
        .matcher(Documents.prose(document))
        .results()
        .map(heading -> heading.group(1).toLowerCase(Locale.ROOT))
        .map(text -> text.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
        .collect(Collectors.toSet());
  }

  @Test
  void everySettingIsInTheReferenceWithItsDefault() throws IOException {
    String page = Documents.text("docs/reference/configuration.md");
    String tables = page.substring(0, page.indexOf("## Renamed"));
    List<String> missing = new ArrayList<>();
    for (Path source : sources("")) {
      String code = Files.readString(source);
      if (!code.contains("@ConfigMapping") && !code.contains("@WithDefault")) {
        continue;
      }
      Matcher settings = SETTING.matcher(code);
      while (settings.find()) {
        String name = variable(settings.group(1), settings.group(2));
        Optional<String> row =
            tables.lines().filter(line -> line.contains("`" + name + "`")).findFirst();
        Matcher value = DEFAULT.matcher(settings.group(1));
        if (row.isEmpty() || (value.find() && !row.get().contains(value.group(1)))) {
          missing.add(name);
        }
      }
    }

    assertThat(missing).isEmpty();
  }

  /** As the environment spells it. */
  private static String variable(String annotations, String method) {
    Matcher given = NAME.matcher(annotations);
    String name = given.find() ? given.group(1) : method.replaceAll("([A-Z])", "-$1");
    return "OWL_" + name.replaceAll("[-.]", "_").toUpperCase(Locale.ROOT);
  }

  @Test
  void everyCommandAndOptionIsInTheReference() throws IOException {
    String page = Documents.text("docs/reference/commands.md");
    Set<String> missing = new TreeSet<>();
    for (Path source : sources("cli/")) {
      String code = Files.readString(source);
      Stream<String> commands = COMMAND.matcher(code).results().map(found -> found.group(1));
      Stream<String> options =
          OPTION
              .matcher(code)
              .results()
              .flatMap(found -> LONG_NAME.matcher(found.group(1)).results())
              .map(found -> found.group(1));
      Stream.concat(commands, options)
          .filter(
              name -> !Pattern.compile("(?<![\\w-])" + name + "(?![\\w-])").matcher(page).find())
          .forEach(missing::add);
    }

    assertThat(missing).isEmpty();
  }

  @Test
  void everyRouteIsInTheReference() throws IOException {
    String page = Documents.text("docs/reference/http.md").replaceAll("\\{[^}]*\\}", "*");
    List<String> routes = new ArrayList<>();
    for (Path source : sources("door/")) {
      String code = Files.readString(source);
      Matcher constant = CONSTANT.matcher(code);
      String session = constant.find() ? constant.group(1) : "";
      Matcher found = ROUTE.matcher(code);
      while (found.find()) {
        String path = found.group(2).replace("SESSION", session).replaceAll("[\"\\s+]", "");
        routes.add(found.group(1).toUpperCase(Locale.ROOT) + " " + path.replaceAll(":[^/]+", "*"));
      }
    }

    assertThat(routes).hasSizeGreaterThan(10).allMatch(page::contains);
  }

  @Test
  void everyMethodOfTheContractsIsInTheReference() throws IOException {
    String page = Documents.text("docs/reference/grpc.md");
    List<String> methods = new ArrayList<>();
    try (Stream<Path> files = Files.walk(Processes.ROOT.resolve("proto/src/main/proto"))) {
      for (Path contract : files.filter(file -> file.toString().endsWith(".proto")).toList()) {
        RPC.matcher(Files.readString(contract)).results().forEach(m -> methods.add(m.group(1)));
      }
    }

    assertThat(methods).hasSizeGreaterThan(20).allMatch(name -> page.contains("`" + name + "`"));
  }

  @Test
  void everySpanAndMetricIsInTheReference() throws IOException {
    String page = Documents.text("docs/reference/telemetry.md");
    List<String> names = new ArrayList<>();
    for (Path source : sources("")) {
      INSTRUMENT.matcher(Files.readString(source)).results().forEach(m -> names.add(m.group(1)));
    }

    assertThat(names).hasSizeGreaterThan(5).allMatch(name -> page.contains("`" + name + "`"));
  }

  /** Java sources of the services and tools whose path has a part. */
  private static List<Path> sources(String part) throws IOException {
    try (Stream<Path> files = Files.walk(Processes.ROOT)) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .filter(file -> file.toString().contains("src/main/java"))
          .filter(file -> !file.toString().contains("/target/"))
          .filter(file -> file.toString().contains(part))
          .toList();
    }
  }
}
