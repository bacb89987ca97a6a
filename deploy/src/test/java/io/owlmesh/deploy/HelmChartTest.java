// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.TemplateCommand;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GRPCRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.GRPCRouteSpec;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRoute;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRouteSpec;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.Serial;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
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
import org.junit.jupiter.params.provider.ValueSource;

/** The chart, rendered by Helm and read by what knows the types of Kubernetes. */
class HelmChartTest {
  private static final KubernetesSerialization YAML = new KubernetesSerialization();
  private static final String LAPTOP = "values-laptop.yaml";
  private static final String MANY = "values-many-gpus.yaml";

  private static List<HasMetadata> render(TemplateCommand template) {
    return Chart.read(template.call());
  }

  private static List<PodSpec> pods(List<HasMetadata> all) {
    return Stream.concat(
            Chart.of(Deployment.class, all).stream().map(d -> d.getSpec().getTemplate().getSpec()),
            Chart.of(Job.class, all).stream().map(j -> j.getSpec().getTemplate().getSpec()))
        .toList();
  }

  @Test
  void theChartIsInOrder() {
    assertThat(new Helm(Chart.FOLDER).lint().call().getMessages())
        .noneMatch(m -> m.contains("[ERROR]"));
  }

  @ParameterizedTest
  @ValueSource(strings = {LAPTOP, "values-one-gpu.yaml", MANY})
  void everyFieldIsOneThatKubernetesKnows(String values) {
    List<HasMetadata> all =
        render(Chart.template(values).set("trainer.enabled", true).set("trainer.recipe", "r.yaml"));

    assertThat(Chart.of(Deployment.class, all))
        .extracting(d -> d.getMetadata().getName())
        .containsExactlyInAnyOrder("owl-vision", "owl-abstractor", "owl-llm", "owl-orchestrator");
    assertThat(Chart.of(Job.class, all)).hasSize(1);
    List<String> unknown = new ArrayList<>();
    all.forEach(
        one -> findUnknown(one, one.getKind() + " " + one.getMetadata().getName(), unknown));
    assertThat(unknown).isEmpty();
  }

  /** Fields that the types of Kubernetes do not have end up in a map of their own. */
  private static void findUnknown(Object value, String path, List<String> unknown) {
    if (value instanceof Collection<?> list) {
      list.forEach(each -> findUnknown(each, path + "[]", unknown));
    } else if (value instanceof Map<?, ?> map) {
      map.forEach((key, each) -> findUnknown(each, path + "." + key, unknown));
    } else if (value != null
        && !(value instanceof GenericKubernetesResource) // Types of operators are not known here.
        && value.getClass().getName().startsWith("io.fabric8.")) {
      for (Field field : value.getClass().getDeclaredFields()) {
        Object inner = read(field, value);
        if (field.getName().equals("additionalProperties")) {
          ((Map<?, ?>) inner).keySet().forEach(key -> unknown.add(path + "." + key));
        } else {
          findUnknown(inner, path + "." + field.getName(), unknown);
        }
      }
    }
  }

  private static Object read(Field field, Object of) {
    try {
      field.setAccessible(true);
      Object value = field.get(of);
      return value == null ? List.of() : value;
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {LAPTOP, "values-one-gpu.yaml", MANY})
  void everySettingIsDocumented(String values) throws IOException {
    Set<String> documented =
        Pattern.compile("`(OWL_[A-Z_]+|OTEL_[A-Z_]+)`")
            .matcher(Files.readString(Path.of("../docs/reference/configuration.md")))
            .results()
            .map(found -> found.group(1))
            .collect(Collectors.toSet());

    assertThat(
            pods(render(Chart.template(values).set("tracing.endpoint", "http://collector:4317")))
                .stream()
                .flatMap(pod -> pod.getContainers().stream())
                .flatMap(container -> container.getEnv().stream())
                .map(EnvVar::getName))
        .isNotEmpty()
        .allMatch(documented::contains);
  }

  @ParameterizedTest
  @ValueSource(strings = {LAPTOP, "values-one-gpu.yaml", MANY})
  void noPodRunsAsRootOrWritesToItsImage(String values) {
    for (PodSpec pod :
        pods(
            render(
                Chart.template(values)
                    .set("trainer.enabled", true)
                    .set("trainer.recipe", "r.yaml")))) {
      assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
      assertThat(pod.getSecurityContext().getRunAsUser()).isEqualTo(1001);
      for (Container container : pod.getContainers()) {
        assertThat(container.getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
        assertThat(container.getSecurityContext().getAllowPrivilegeEscalation()).isFalse();
        assertThat(container.getSecurityContext().getCapabilities().getDrop()).contains("ALL");
      }
    }
  }

  @Test
  void runningAnswersHaveTimeToEndAndPodsArePatientlyStarted() {
    for (Deployment deployment :
        Chart.of(Deployment.class, render(Chart.template(MANY).set("drainSeconds", 90)))) {
      PodSpec pod = deployment.getSpec().getTemplate().getSpec();
      Container container = pod.getContainers().getFirst();
      assertThat(pod.getTerminationGracePeriodSeconds()).isGreaterThan(95);
      assertThat(container.getEnv())
          .anySatisfy(env -> {
            assertThat(env.getName()).isEqualTo("OWL_DRAIN_TIMEOUT");
            assertThat(env.getValue()).isEqualTo("90S");
          });
      assertThat(container.getStartupProbe()).isNotNull();
      assertThat(container.getReadinessProbe()).isNotNull();
      assertThat(container.getLivenessProbe()).isNotNull();
      assertThat(container.getLifecycle().getPreStop().getSleep()).isNotNull();
    }
  }

  @Test
  void theStagesAreReachedByTheOrchestratorAlone() {
    List<NetworkPolicy> policies = Chart.of(NetworkPolicy.class, render(Chart.template(MANY)));

    assertThat(policies)
        .extracting(p -> p.getMetadata().getName())
        .containsExactlyInAnyOrder("owl-vision", "owl-abstractor", "owl-llm", "owl-orchestrator");
    for (NetworkPolicy policy : policies) {
      if (policy.getMetadata().getName().equals("owl-orchestrator")) {
        continue;
      }
      var calls =
          policy.getSpec().getIngress().stream()
              .filter(rule -> rule.getPorts().getFirst().getPort().getStrVal().equals("grpc"))
              .toList();
      assertThat(calls).hasSize(1);
      assertThat(calls.getFirst().getFrom()).hasSize(1);
      assertThat(calls.getFirst().getFrom().getFirst().getPodSelector().getMatchLabels())
          .containsEntry("app.kubernetes.io/component", "orchestrator");
    }
  }

  @Test
  void theOrchestratorMayFindReplicasAndNothingElse() {
    List<Role> roles = Chart.of(Role.class, render(Chart.template(MANY)));

    assertThat(roles).hasSize(1);
    assertThat(roles.getFirst().getRules()).hasSize(1);
    assertThat(roles.getFirst().getRules().getFirst().getResources())
        .containsExactly("endpointslices");
    assertThat(roles.getFirst().getRules().getFirst().getVerbs())
        .containsExactly("get", "list", "watch");
    assertThat(
            Chart.of(Service.class, render(Chart.template(MANY))).stream()
                .filter(s -> "None".equals(s.getSpec().getClusterIP())))
        .hasSize(3);
  }

  @Test
  void eachStageAsksForItsOwnGpu() {
    Map<String, Boolean> onGpu =
        Chart.of(Deployment.class, render(Chart.template(MANY))).stream()
            .collect(
                Collectors.toMap(
                    d -> d.getMetadata().getName(),
                    d ->
                        d.getSpec()
                            .getTemplate()
                            .getSpec()
                            .getContainers()
                            .getFirst()
                            .getResources()
                            .getLimits()
                            .containsKey("nvidia.com/gpu")));

    assertThat(onGpu)
        .containsEntry("owl-vision", true)
        .containsEntry("owl-abstractor", false)
        .containsEntry("owl-llm", true)
        .containsEntry("owl-orchestrator", false);
  }

  @Test
  void eachStageIsScaledByASignalOfItsOwn() {
    Map<String, List<String>> queries =
        render(Chart.template(MANY)).stream()
            .filter(one -> one.getKind().equals("ScaledObject"))
            .map(GenericKubernetesResource.class::cast)
            .collect(
                Collectors.toMap(
                    one -> one.getMetadata().getName(),
                    one ->
                        one.<List<Map<String, Map<String, String>>>>get("spec", "triggers").stream()
                            .map(trigger -> trigger.getOrDefault("metadata", Map.of()))
                            .map(metadata -> metadata.getOrDefault("query", ""))
                            .toList()));

    assertThat(queries).containsOnlyKeys("owl-vision", "owl-abstractor", "owl-llm");
    queries.forEach((name, own) ->
        assertThat(own)
            .filteredOn(query -> query.contains("stage="))
            .isNotEmpty()
            .allMatch(
                query -> query.contains("stage=\"" + name.substring("owl-".length()) + "\"")));
    assertThat(queries.get("owl-llm")).hasSize(3);
    assertThat(Chart.of(Deployment.class, render(Chart.template(MANY))))
        .filteredOn(one -> queries.containsKey(one.getMetadata().getName()))
        .hasSize(3)
        .allMatch(one -> one.getSpec().getReplicas() == null);
  }

  @Test
  void rulesAndDashboardsAreThoseOfTheRepository() throws IOException {
    List<HasMetadata> all = render(Chart.template(MANY));
    GenericKubernetesResource rules =
        all.stream()
            .filter(one -> one.getKind().equals("PrometheusRule"))
            .map(GenericKubernetesResource.class::cast)
            .findFirst()
            .orElseThrow();
    Map<String, Object> written =
        YAML.unmarshal(
            Files.readString(Path.of("prometheus/owlmesh.rules.yaml")), GenericMap.class);

    assertThat(rules.<Object>get("spec", "groups")).isEqualTo(written.get("groups"));
    assertThat(Chart.of(ConfigMap.class, all)).hasSize(1);
    assertThat(Chart.of(ConfigMap.class, all).getFirst().getData())
        .containsEntry("mesh.json", Files.readString(Path.of("grafana/mesh.json")))
        .containsKey("stage.json");
  }

  /** A document of any form. */
  private static final class GenericMap extends LinkedHashMap<String, Object> {
    @Serial private static final long serialVersionUID = 1;
  }

  @Test
  void aGatewayLeadsHttpAndGrpcByNamesOfTheirOwn() {
    List<HasMetadata> all =
        render(
            Chart.template(LAPTOP)
                .set("orchestrator.gateway.enabled", true)
                .set("orchestrator.gateway.name", "edge")
                .set("orchestrator.gateway.namespace", "gateways")
                .set("orchestrator.gateway.listener", "https")
                .set("orchestrator.gateway.grpcHosts[0]", "grpc.owl.example.org"));
    HTTPRouteSpec http = Chart.of(HTTPRoute.class, all).getFirst().getSpec();
    GRPCRouteSpec grpc = Chart.of(GRPCRoute.class, all).getFirst().getSpec();

    List<String> unknown = new ArrayList<>();
    all.forEach(one -> findUnknown(one, one.getKind(), unknown));
    assertThat(unknown).isEmpty();
    assertThat(http.getHostnames()).containsExactly("localhost");
    assertThat(grpc.getHostnames()).containsExactly("grpc.owl.example.org");
    assertThat(http.getParentRefs().getFirst().getName()).isEqualTo("edge");
    assertThat(grpc.getParentRefs().getFirst().getSectionName()).isEqualTo("https");
    Service service =
        Chart.of(Service.class, all).stream()
            .filter(one -> one.getMetadata().getName().equals("owl"))
            .findFirst()
            .orElseThrow();
    assertThat(service.getSpec().getPorts())
        .extracting(ServicePort::getPort)
        .containsExactly(
            http.getRules().getFirst().getBackendRefs().getFirst().getPort(),
            grpc.getRules().getFirst().getBackendRefs().getFirst().getPort());
  }

  private static TemplateCommand severalModels() {
    return Chart.template(LAPTOP)
        .set("models.llava.model.claim", "owl-llava")
        .set("models.llava.model.path", "7b")
        .set("models.llava.llm.replicas", 2)
        .set("models.llava.llm.env.OWL_DEVICE", "cuda:0")
        .set("models.tuned.model.claim", "owl-tuned")
        .set("models.tuned.shares[0]", "vision")
        .set("models.tuned.shares[1]", "abstractor")
        .set("models.tuned.defaultAdapter", "charts");
  }

  private static Container container(Deployment deployment) {
    return deployment.getSpec().getTemplate().getSpec().getContainers().getFirst();
  }

  @Test
  void furtherModelsHaveStagesOfTheirOwnAndAFileThatFindsThem() {
    List<HasMetadata> all = render(severalModels());
    Map<String, Deployment> deployments =
        Chart.of(Deployment.class, all).stream()
            .collect(Collectors.toMap(one -> one.getMetadata().getName(), one -> one));

    assertThat(deployments)
        .containsOnlyKeys(
            "owl-vision",
            "owl-abstractor",
            "owl-llm",
            "owl-llava-vision",
            "owl-llava-abstractor",
            "owl-llava-llm",
            "owl-tuned-llm",
            "owl-orchestrator");
    assertThat(Chart.of(ConfigMap.class, all).getFirst().getData())
        .containsOnly(
            Map.entry(
                "llava.model",
                """
                vision = kubernetes:owl-llava-vision:grpc
                abstractor = kubernetes:owl-llava-abstractor:grpc
                llm = kubernetes:owl-llava-llm:grpc
                """),
            Map.entry(
                "tuned.model",
                """
                vision = kubernetes:owl-vision:grpc
                abstractor = kubernetes:owl-abstractor:grpc
                llm = kubernetes:owl-tuned-llm:grpc
                default-adapter = charts
                """));
    Deployment llava = Objects.requireNonNull(deployments.get("owl-llava-llm"));
    Container container = container(llava);
    assertThat(llava.getSpec().getReplicas()).isEqualTo(2);
    assertThat(container.getImage()).startsWith("owl-llm:");
    assertThat(container.getResources())
        .isEqualTo(container(Objects.requireNonNull(deployments.get("owl-llm"))).getResources());
    assertThat(container.getEnv())
        .contains(new EnvVar("OWL_CHECKPOINT", "/model/7b", null))
        .contains(new EnvVar("OWL_DEVICE", "cuda:0", null));
    assertThat(llava.getSpec().getTemplate().getSpec().getVolumes())
        .anyMatch(volume ->
            volume.getPersistentVolumeClaim() != null
                && volume.getPersistentVolumeClaim().getClaimName().equals("owl-llava"));
    assertThat(container(Objects.requireNonNull(deployments.get("owl-orchestrator"))).getEnv())
        .contains(new EnvVar("OWL_MODELS", "/models", null));
  }

  @Test
  void whatAFurtherModelSaysOfItsResourcesHoldsAlone() {
    List<Deployment> deployments =
        Chart.of(
            Deployment.class,
            render(
                severalModels()
                    .set("llm.resources.limits.nvidia\\.com/gpu", 1)
                    .set("models.llava.llm.resources.limits.memory", "3Gi")
                    .set("models.llava.llm.env.OWL_DEVICE", "cpu")));
    Container llava =
        deployments.stream()
            .filter(one -> one.getMetadata().getName().equals("owl-llava-llm"))
            .map(HelmChartTest::container)
            .findFirst()
            .orElseThrow();

    assertThat(llava.getResources().getLimits()).containsOnlyKeys("memory");
    assertThat(llava.getResources().getRequests()).isNullOrEmpty();
    assertThat(llava.getEnv())
        .contains(new EnvVar("OWL_DEVICE", "cpu", null))
        .doesNotContain(new EnvVar("OWL_DEVICE", "cuda:0", null));
  }

  @Test
  void noTwoStagesOfSeveralModelsChooseTheSamePods() {
    List<HasMetadata> all = render(severalModels());
    List<Map<String, String>> pods =
        Chart.of(Deployment.class, all).stream()
            .map(one -> one.getSpec().getTemplate().getMetadata().getLabels())
            .toList();

    for (Service service : Chart.of(Service.class, all)) {
      assertThat(pods)
          .as(service.getMetadata().getName())
          .filteredOn(
              labels -> labels.entrySet().containsAll(service.getSpec().getSelector().entrySet()))
          .hasSize(1);
    }
    assertThat(Chart.of(NetworkPolicy.class, all)).hasSize(pods.size());
  }

  @Test
  void aWrongValueFailsWithItsName() {
    assertRefused("replicas", Chart.template(LAPTOP).set("llm.replicas", "many"));
    assertRefused("replcas", Chart.template(LAPTOP).set("llm.replcas", 2));
    assertRefused("drainSeconds", Chart.template(LAPTOP).set("drainSeconds", 0));
    assertRefused("target", Chart.template(LAPTOP).set("llm.autoscaling.target", "some"));
    assertRefused("pullPolicy", Chart.template(LAPTOP).set("image.pullPolicy", "Sometimes"));
    assertRefused("endpoint", Chart.template(LAPTOP).set("tracing.endpoint", "collector"));
    assertRefused("trainer.recipe", Chart.template(LAPTOP).set("trainer.enabled", true));
    assertRefused("keys.secret", Chart.template(LAPTOP).set("keys.allowAnonymous", false));
    assertRefused(
        "orchestrator.gateway.name",
        Chart.template(LAPTOP).set("orchestrator.gateway.enabled", true));
    assertRefused("Llava", Chart.template(LAPTOP).set("models.Llava.model.claim", "a"));
    assertRefused("claim", Chart.template(LAPTOP).set("models.llava.model.path", "a"));
    assertRefused("models.tuned.vision", severalModels().set("models.tuned.vision.replicas", 2));
    assertRefused(
        "owl-for-visitors-and-for-everybody-else-abstractor: 50 characters",
        Chart.template(LAPTOP).withName("owl-for-visitors-and-for-everybody-else"));
    assertRefused("shares", severalModels().set("models.tuned.shares[1]", "llm"));
    assertRefused("orchestrator.replicas", Chart.template(LAPTOP).set("orchestrator.replicas", 2));
  }

  private static void assertRefused(String name, TemplateCommand template) {
    assertThatThrownBy(template::call).hasMessageContaining(name);
  }
}
