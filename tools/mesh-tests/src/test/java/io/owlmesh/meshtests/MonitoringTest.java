// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.ManagedChannel;
import io.owlmesh.trainer.monitor.StepReport;
import io.owlmesh.trainer.monitor.TrainingMetrics;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a running mesh tells at its management ports, and what is made of it. */
@Timeout(300)
class MonitoringTest {
  private static final List<String> SERVICES =
      List.of("orchestrator", "vision", "abstractor", "llm");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern METRIC =
      Pattern.compile("\\b((?:owl[_:]|jvm_|gen_ai_|grpc_|http_)[a-z0-9_:]+|up)\\b");
  private static final Pattern LABELS = Pattern.compile("\\{[^}]*\\}");
  private static final Pattern RULE =
      Pattern.compile(
          "- (record|alert): (\\S+)\\n +expr: (?:>-\\n((?: {10}.*\\n)+)|(.*)\\n)",
          Pattern.MULTILINE);
  private static final Pattern SCALING = Pattern.compile("query: \\{\\{ printf \"([^\"]*)\"");
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(120);

  @TempDir private static Path folder;
  private static Processes mesh;
  private static Scrapes scrapes;
  private static ManagedChannel door;

  @BeforeAll
  static void start() throws Exception {
    mesh =
        Processes.mesh(
                folder,
                Processes.TINY_CHECKPOINT,
                Map.of("OWL_MANAGEMENT", "true", "OWL_TENANT_LIMITS", "positions=100000000"))
            .start();
    scrapes = new Scrapes(mesh);
    door = mesh.connect("orchestrator");
  }

  @AfterAll
  static void stop() {
    door.shutdownNow();
    mesh.close();
  }

  @Test
  void anAnswerIsCountedOnceByEveryServiceThatWorkedOnIt() throws Exception {
    double answers =
        scrapes.value("orchestrator", "owl_answer_duration_seconds_count", "status=\"OK\"");
    double calls = scrapes.value("llm", "grpc_server_call_duration_seconds_count", "/Generate\"");
    double steps = scrapes.value("llm", "owl_stage_batches_total", "stage=\"llm\"");
    Dialogues.Golden golden = Dialogues.aboutAnImage();
    AnswerCaller.ask(door, golden);

    assertThat(scrapes.value("orchestrator", "owl_answer_duration_seconds_count", "status=\"OK\""))
        .isEqualTo(answers + 1);
    assertThat(scrapes.value("llm", "grpc_server_call_duration_seconds_count", "/Generate\""))
        .isEqualTo(calls + 1);
    assertThat(scrapes.value("llm", "owl_stage_batches_total", "stage=\"llm\""))
        .isGreaterThan(steps);
    assertThat(scrapes.value("vision", "owl_stage_batch_items_total", "stage=\"vision\""))
        .isPositive();
    assertThat(scrapes.value("orchestrator", "owl_replica_condition", "condition=\"serving\""))
        .isEqualTo(3);
  }

  @Test
  void everyStageTellsHowManyItemsItsBatchesHave() throws Exception {
    double before = scrapes.value("llm", "owl_stage_batch_size_count", "stage=\"llm\"");
    int tokens = AnswerCaller.ask(door, Dialogues.aboutAnImage()).done().getCompletionTokens();

    assertThat(scrapes.value("llm", "owl_stage_batch_size_count", "stage=\"llm\""))
        .isGreaterThanOrEqualTo(before + tokens);
    for (String stage : List.of("vision", "abstractor", "llm")) {
      String label = "stage=\"%s\"".formatted(stage);
      double batches = scrapes.value(stage, "owl_stage_batch_size_count", label);
      assertThat(batches).as(stage).isPositive();
      assertThat(scrapes.value(stage, "owl_stage_batch_size_sum", label))
          .as(stage)
          .isGreaterThanOrEqualTo(batches);
    }
  }

  @Test
  void whatATenantTakesAndHasLeftIsTold() throws Exception {
    String kind = "kind=\"positions\"";
    double used = scrapes.value("orchestrator", "owl_tenant_used_total", kind);
    AnswerCaller.ask(door, Dialogues.aboutAnImage());

    assertThat(scrapes.value("orchestrator", "owl_tenant_used_total", kind)).isGreaterThan(used);
    assertThat(scrapes.value("orchestrator", "owl_tenant_limit", "tenant=\"default\""))
        .isEqualTo(1e8);
    assertThat(scrapes.value("orchestrator", "owl_tenant_left", "tenant=\"default\""))
        .isBetween(1e7, 1e8);
  }

  @Test
  void theLanguageModelTellsWhatAnInferenceGatewayAsksFor() throws Exception {
    assertThat(scrapes.metrics("llm"))
        .contains(
            "vllm:num_requests_waiting{",
            "vllm:num_requests_running{",
            "vllm:kv_cache_usage_perc{",
            "vllm:cache_config_info{block_size=\"16\"",
            "vllm:lora_requests_info{");
  }

  @Test
  void probesSayWhetherAServiceTakesWork() throws Exception {
    for (String service : SERVICES) {
      for (String probe : List.of("ready", "live")) {
        HttpResponse<String> said = scrapes.get(service, "/q/health/" + probe, "*/*");
        assertThat(said.statusCode()).as("%s %s: %s", service, probe, said.body()).isEqualTo(200);
      }
    }
  }

  /** Expressions of all panels, by dashboard and title. */
  private static Map<String, String> dashboards() throws Exception {
    Map<String, String> expressions = new LinkedHashMap<>();
    try (Stream<Path> files = Files.list(Processes.ROOT.resolve("deploy/grafana"))) {
      for (Path file : files.filter(one -> one.toString().endsWith(".json")).sorted().toList()) {
        for (JsonNode panel : JSON.readTree(file.toFile()).path("panels")) {
          for (JsonNode target : panel.path("targets")) {
            expressions.put(
                "%s, %s %s"
                    .formatted(
                        file.getFileName(),
                        panel.path("title").asText(),
                        target.path("refId").asText()),
                target.path("expr").asText().replaceAll("\\$(stage|tenant)", ".*"));
          }
        }
      }
    }
    return expressions;
  }

  /** What the chart scales each stage by, for a release in the namespace that Prometheus knows. */
  private static Map<String, String> scaling() throws Exception {
    Map<String, String> expressions = new LinkedHashMap<>();
    Matcher query =
        SCALING.matcher(
            Files.readString(
                Processes.ROOT.resolve("deploy/helm/owlmesh/templates/autoscaling.yaml")));
    while (query.find()) {
      String expression = query.group(1).replace("%q%s", "%q").replace("%q", "\"mesh\"");
      for (String stage : List.of("vision", "abstractor", "llm")) {
        expressions.put(
            "scaling of the %s stage by %s".formatted(stage, expression),
            expression.replace("%s", "{namespace=\"mesh\",stage=\"%s\"}".formatted(stage)));
      }
    }
    assertThat(expressions).hasSizeGreaterThan(10);
    return expressions;
  }

  private static Map<String, String> rules(String kind) throws Exception {
    Map<String, String> expressions = new LinkedHashMap<>();
    Matcher rule = RULE.matcher(Files.readString(Prometheus.RULES));
    while (rule.find()) {
      if (rule.group(1).equals(kind)) {
        String folded = rule.group(3);
        expressions.put(rule.group(2), folded == null ? rule.group(4) : folded.replace('\n', ' '));
      }
    }
    return expressions;
  }

  /** A job that learns, beside the services. */
  private static List<String> withTraining(List<String> targets, TrainingMetrics training) {
    training.begin("align", 1);
    training.exchanged(0.1);
    training.validated("align", 1.25);
    training.leftOut("align", Map.of("too long", 2L));
    targets.add("127.0.0.1:" + training.port());
    return targets;
  }

  @Test
  void whatDashboardsRulesAndScalingAskForIsThereOnceAPrometheusScrapes(@TempDir Path data)
      throws Exception {
    Prometheus.assumeInstalled("prometheus");
    Map<String, String> pending = dashboards();
    pending.putAll(rules("record"));
    pending.putAll(scaling());
    assertThat(pending).hasSizeGreaterThan(50);
    List<String> targets = new ArrayList<>(SERVICES.stream().map(mesh::management).toList());
    try (TrainingMetrics training =
            new TrainingMetrics(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        Prometheus prometheus = Prometheus.start(data, withTraining(targets, training))) {
      prometheus.await();
      long steps = 0;
      long end = System.nanoTime() + PATIENCE_NANOS;
      while (!pending.isEmpty()) {
        if (System.nanoTime() > end) {
          fail("no answer: %s%nknown are %s", pending, prometheus.names());
        }
        scrapes.ask(door);
        training.step(new StepReport("align", ++steps, 1_000, 1.5, 1e-4, 0.7, 100, 0.1, 0.01, 0));
        for (Iterator<String> each = pending.values().iterator(); each.hasNext(); ) {
          if (!prometheus.query(each.next()).isEmpty()) {
            each.remove();
          }
        }
      }
      assertThat(prometheus.query("sum(up)")).containsExactly(5.0);
      assertThat(namesIn(rules("alert"))).isSubsetOf(prometheus.names());
      for (String alert : rules("alert").values()) {
        prometheus.query(alert); // Valid, though nothing is wrong.
      }
      assertThat(prometheus.query("ALERTS{alertstate=\"firing\"}")).isEmpty();
    }
  }

  private static Set<String> namesIn(Map<String, String> expressions) {
    Set<String> names = new TreeSet<>();
    for (String expression : expressions.values()) {
      METRIC
          .matcher(LABELS.matcher(expression).replaceAll(""))
          .results()
          .forEach(name -> names.add(name.group(1)));
    }
    assertThat(names).hasSizeGreaterThan(10);
    return names;
  }

  @Test
  void theRulesPassTheirTests() throws Exception {
    Prometheus.assumeInstalled("promtool");
    Path rules = Processes.ROOT.resolve("deploy/prometheus");

    assertThat(
            Commands.run(rules, Map.of(), List.of("promtool", "check", "config", "prometheus.yml")))
        .contains("SUCCESS");
    assertThat(
            Commands.run(
                rules, Map.of(), List.of("promtool", "test", "rules", "owlmesh.test.yaml")))
        .contains("SUCCESS");
  }

  @Test
  void everyAlertSaysWhatToDo() throws Exception {
    List<String> headings =
        Documents.text("docs/how-to/operate.md")
            .lines()
            .filter(line -> line.startsWith("### Owl"))
            .map(line -> line.substring("### ".length()))
            .toList();

    assertThat(headings).containsExactlyInAnyOrderElementsOf(rules("alert").keySet());
  }
}
