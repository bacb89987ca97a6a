// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.TemplateCommand;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.Serial;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the guide to Kubernetes tells people to type, and the file for one machine. */
class GuideTest {
  private static final Path ROOT = Path.of("..");
  private static final Path GUIDE = ROOT.resolve("docs/how-to/kubernetes.md");

  static Stream<String> commandsOfHelm() throws IOException {
    return Files.readString(GUIDE).lines().filter(line -> line.startsWith("helm "));
  }

  @ParameterizedTest
  @MethodSource("commandsOfHelm")
  void whatTheGuideInstallsIsRendered(String command) {
    List<String> words = List.of(command.replace("'", "").split(" "));
    TemplateCommand template =
        new Helm(ROOT.resolve(words.get(3)))
            .template()
            .withName(words.get(2))
            .withKubeVersion("1.31.0");
    for (int i = 4; i < words.size(); i += 2) {
      String value = words.get(i + 1);
      switch (words.get(i)) {
        case "-n" -> template.withNamespace(value);
        case "-f" -> template.withValuesFile(ROOT.resolve(value));
        case "--set" -> template.set(value.split("=", 2)[0], value.split("=", 2)[1]);
        default -> throw new AssertionError(words.get(i));
      }
    }

    assertThat(template.call())
        .contains("name: owl-orchestrator", "spec:")
        .contains(
            command.contains("trainer") ? "kind: Job" : "registry.example.org/owl/owl-llm:0.1.0");
  }

  @Test
  void everyFileOfTheGuideIsThere() throws IOException {
    List<String> files =
        Pattern.compile("deploy/[a-z0-9/.-]+")
            .matcher(Files.readString(GUIDE))
            .results()
            .map(found -> found.group())
            .toList();

    assertThat(files).hasSizeGreaterThan(4).allMatch(file -> Files.exists(ROOT.resolve(file)));
  }

  @Test
  void onOneMachineOnlyTheDoorsArePublishedAndNothingRunsAsRoot() throws IOException {
    Compose compose =
        new KubernetesSerialization()
            .unmarshal(Files.readString(Path.of("compose.yaml")), Compose.class);
    Map<String, Map<String, Object>> services = compose.services();

    assertThat(services).containsOnlyKeys("vision", "abstractor", "llm", "orchestrator");
    services.forEach((name, service) -> {
      assertThat(service)
          .containsEntry("read_only", true)
          .containsEntry("user", "1001:1001")
          .containsKey("stop_grace_period");
      assertThat(String.valueOf(service.get("image"))).startsWith("owl-" + name + ":");
      assertThat(service.containsKey("ports")).isEqualTo(name.equals("orchestrator"));
    });
    assertThat(services.toString())
        .contains("127.0.0.1:${OWL_PORT:-9000}:9000", "127.0.0.1:${OWL_HTTP_PORT:-9080}:9080");
  }

  /** A document of any form. */
  private static final class Compose extends LinkedHashMap<String, Object> {
    @Serial private static final long serialVersionUID = 1;

    @SuppressWarnings("unchecked")
    Map<String, Map<String, Object>> services() {
      Map<String, Map<String, Object>> all = new LinkedHashMap<>();
      ((Map<String, Map<String, Object>>) Objects.requireNonNull(get("services")))
          .forEach((name, service) -> all.put(name, merged(service)));
      return all;
    }

    /** With what it takes over by a merge key, which this parser leaves alone. */
    @SuppressWarnings("unchecked")
    private static Map<String, Object> merged(Map<String, Object> service) {
      Map<String, Object> all = new LinkedHashMap<>();
      if (service.get("<<") instanceof Map<?, ?> others) {
        all.putAll(merged((Map<String, Object>) others));
      }
      all.putAll(service);
      return all;
    }
  }

  @Test
  void everySettingForOneMachineIsDocumented() throws IOException {
    String reference = Files.readString(ROOT.resolve("docs/reference/configuration.md"));
    Set<String> settings =
        Files.readString(Path.of("compose.yaml"))
            .lines()
            .map(String::strip)
            .filter(line -> line.startsWith("OWL_"))
            .map(line -> line.split(":", 2)[0])
            .collect(Collectors.toSet());

    assertThat(settings)
        .hasSizeGreaterThan(8)
        .allMatch(name -> reference.contains("`" + name + "`"));
  }
}
