// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.marcnuri.helm.TemplateCommand;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The chart against the published schemas of Kubernetes and of the operators that it makes use of.
 * They find values of a wrong type, and fields that are missing, in resources of operators, too;
 * {@link HelmChartTest} finds fields that do not exist.
 */
class ChartTypesTest {
  private static final Path SCRIPTS = Path.of("src/test/js");

  @TempDir private Path folder;

  @BeforeAll
  static void assumeInstalled() {
    assumeTrue(
        Files.isDirectory(SCRIPTS.resolve("node_modules")),
        "the schemas are not there: run npm ci in deploy/src/test/js, as .ci/run does");
  }

  static Stream<String> values() throws IOException {
    try (Stream<Path> files = Files.list(Chart.FOLDER)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("values-") && name.endsWith(".yaml"))
          .sorted()
          .toList()
          .stream();
    }
  }

  /** What the schemas say of a manifest, and at the end how many resources they saw. */
  private List<String> validate(String manifest) throws Exception {
    Path in = Files.writeString(folder.resolve("manifest.yaml"), manifest);
    Process process =
        new ProcessBuilder("node", "validate.js")
            .directory(SCRIPTS.toFile())
            .redirectInput(in.toFile())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said.lines().toList();
  }

  private void assertValid(TemplateCommand template) throws Exception {
    String manifest = template.call();
    assertThat(validate(manifest)).containsExactly(Chart.read(manifest).size() + " checked");
  }

  @ParameterizedTest
  @MethodSource("values")
  void everyValueIsOfItsType(String values) throws Exception {
    assertValid(Chart.template(values));
  }

  @ParameterizedTest
  @MethodSource("values")
  void withEverythingSwitchedOnToo(String values) throws Exception {
    assertValid(
        Chart.template(values)
            .set("trainer.enabled", true)
            .set("trainer.recipe", "r.yaml")
            .set("models.llava.model.claim", "owl-llava")
            .set("models.tuned.model.claim", "owl-tuned")
            .set("models.tuned.shares[0]", "vision")
            .set("tls.enabled", true)
            .set("tracing.endpoint", "http://collector:4317")
            .set("vision.autoscaling.enabled", true)
            .set("abstractor.autoscaling.enabled", true)
            .set("llm.autoscaling.enabled", true)
            .set("monitoring.podMonitor", true)
            .set("monitoring.rules", true)
            .set("monitoring.dashboards", true)
            .set("orchestrator.ingress.enabled", true)
            .set("orchestrator.gateway.enabled", true)
            .set("orchestrator.gateway.name", "edge")
            .set("orchestrator.gateway.grpcHosts[0]", "grpc.owl.example.org"));
  }

  @Test
  void whatIsWrongIsNamed() throws Exception {
    assertThat(
            validate(
                """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: owl}
                spec:
                  replicas: many
                  selector: {}
                  template: {spec: {containers: [{name: a}]}}
                ---
                apiVersion: keda.sh/v1alpha1
                kind: ScaledObject
                metadata: {name: owl}
                spec: {scaleTargetRef: {name: owl}, triggers: [{type: 3, metadata: {}}]}
                ---
                apiVersion: v2
                kind: Service
                metadata: {name: owl}
                """))
        .containsExactly(
            "Deployment owl: data/spec/replicas must be integer",
            "ScaledObject owl: data/spec/triggers/0/type must be string",
            "Service owl: no package has this type",
            "3 checked");
  }
}
