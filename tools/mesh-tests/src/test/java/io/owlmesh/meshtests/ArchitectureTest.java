// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import io.owlmesh.core.broken.BreaksRules;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Which module may use which, over the classes of all modules. */
class ArchitectureTest {
  /** What each module may use directly, besides itself and libraries. */
  private static final Map<String, Set<String>> MAY_USE =
      Map.ofEntries(
          Map.entry("core", Set.of()),
          Map.entry("proto", Set.of()),
          Map.entry("wire", Set.of("core", "proto")),
          Map.entry("model", Set.of("core")),
          Map.entry("runtime", Set.of("core", "model")),
          Map.entry("stage", Set.of("core", "proto", "wire")),
          Map.entry("client", Set.of("core", "proto", "wire")),
          Map.entry("vision", Set.of("core", "proto", "wire", "model", "runtime", "stage")),
          Map.entry("abstractor", Set.of("core", "proto", "wire", "model", "runtime", "stage")),
          Map.entry("llm", Set.of("core", "proto", "wire", "model", "runtime", "stage")),
          Map.entry("orchestrator", Set.of("core", "proto", "wire", "model")),
          Map.entry(
              "fused", Set.of("wire", "stage", "vision", "abstractor", "llm", "orchestrator")),
          Map.entry("trainer", Set.of("core", "proto", "wire", "client", "model", "runtime")),
          Map.entry("spark", Set.of()),
          Map.entry("launcher", Set.of("core", "client")),
          Map.entry("images", Set.of("core")),
          Map.entry(
              "bench", Set.of("core", "proto", "wire", "client", "model", "runtime", "launcher")),
          Map.entry(
              "cli",
              Set.of(
                  "core",
                  "proto",
                  "client",
                  "model",
                  "runtime",
                  "trainer",
                  "launcher",
                  "bench",
                  "images")));

  /** Stubs are the only generated classes; they live in packages of their own. */
  private static final String STUBS = "io.owlmesh.proto..";

  private static final ArchRule ENGINE =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.owlmesh.runtime..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("ai.djl..");

  /** Protobuf is allowed there: a format of files, too. */
  private static final ArchRule BELOW_THE_WIRE =
      noClasses()
          .that()
          .resideInAnyPackage("io.owlmesh.core..", "io.owlmesh.model..", "io.owlmesh.runtime..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.grpc..", "io.quarkus..", "jakarta..", "io.opentelemetry..");

  private static final ArchRule CHANNELS =
      noClasses()
          .that()
          .resideOutsideOfPackages("io.owlmesh.wire..", STUBS)
          .should()
          .dependOnClassesThat()
          .haveNameMatching("io\\.grpc\\..*ChannelBuilder");

  private static final ArchRule CONSTRUCTORS =
      noFields()
          .that()
          .areDeclaredInClassesThat()
          .resideInAPackage("io.owlmesh..")
          .should()
          .beAnnotatedWith(Inject.class);

  private static final ArchRule PRINTING =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              "io.owlmesh.cli..",
              "io.owlmesh.trainer..",
              "io.owlmesh.bench..",
              "io.owlmesh.spark..")
          .should()
          .accessField(System.class, "out")
          .orShould()
          .accessField(System.class, "err");

  /** Its libraries and ours do not go together in one JVM. */
  private static final ArchRule SPARK =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.owlmesh.spark..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.spark..", "org.apache.hadoop..", "scala..");

  private static final JavaClasses ALL = importAll();

  private static JavaClasses importAll() {
    try (Stream<Path> paths = Files.find(Processes.ROOT, 4, (path, _) -> isMain(path))) {
      return new ClassFileImporter().importPaths(paths.toList());
    } catch (IOException e) {
      throw new IllegalStateException("no classes under " + Processes.ROOT, e);
    }
  }

  private static boolean isMain(Path path) {
    return path.endsWith(Path.of("target", "classes"));
  }

  static Stream<String> modules() {
    return MAY_USE.keySet().stream().sorted();
  }

  @Test
  void everyModuleIsHeldToTheRules() {
    Set<String> found = new TreeSet<>();
    for (JavaClass type : ALL) {
      found.add(module(type));
    }
    assertThat(found).isEqualTo(new TreeSet<>(MAY_USE.keySet()));
  }

  @ParameterizedTest
  @MethodSource("modules")
  void aModuleUsesOnlyWhatItMay(String module) {
    usesOnlyWhatItMay(module).check(ALL);
  }

  private static ArchRule usesOnlyWhatItMay(String module) {
    Set<String> others = new HashSet<>(MAY_USE.keySet());
    others.removeAll(MAY_USE.getOrDefault(module, Set.of()));
    others.remove(module);
    return noClasses()
        .that()
        .resideInAPackage("io.owlmesh." + module + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            others.stream().map(other -> "io.owlmesh." + other + "..").toArray(String[]::new));
  }

  @Test
  void onlyTheRuntimeKnowsTheEngine() {
    ENGINE.check(ALL);
  }

  @Test
  void onlyTheJobOnSparkKnowsSpark() {
    SPARK.check(ALL);
  }

  @Test
  void whatIsBelowTheWireKnowsNoRpcAndNoServer() {
    BELOW_THE_WIRE.check(ALL);
  }

  @Test
  void onlyTheWireBuildsChannels() {
    CHANNELS.check(ALL);
  }

  static Stream<ArchRule> rulesThatAWrongClassBreaks() {
    return Stream.of(
        usesOnlyWhatItMay("core"), ENGINE, BELOW_THE_WIRE, CHANNELS, CONSTRUCTORS, PRINTING);
  }

  @ParameterizedTest
  @MethodSource("rulesThatAWrongClassBreaks")
  void aClassThatBreaksARuleIsFound(ArchRule rule) {
    JavaClasses wrong = new ClassFileImporter().importClasses(BreaksRules.class);

    assertThatThrownBy(() -> rule.check(wrong))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("BreaksRules");
  }

  @Test
  void doorsDependInwards() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "io.owlmesh.orchestrator.mesh..",
            "io.owlmesh.orchestrator.pipeline..",
            "io.owlmesh.orchestrator.session..",
            "io.owlmesh.orchestrator.store..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.owlmesh.orchestrator.door..")
        .check(ALL);
  }

  @Test
  void doorsDoNotKnowEachOther() {
    slices()
        .matching("io.owlmesh.orchestrator.door.(grpc|page|openai)..")
        .should()
        .notDependOnEachOther()
        .check(ALL);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("io.owlmesh.(**)").should().beFreeOfCycles().check(ALL);
  }

  @Test
  void beansGetWhatTheyNeedByTheirConstructors() {
    CONSTRUCTORS.check(ALL);
  }

  @Test
  void servicesPrintNothingPastTheLog() {
    PRINTING.check(ALL);
  }

  @Test
  void noTwoClassesShareASimpleName() {
    Map<String, List<String>> byName = new TreeMap<>();
    for (JavaClass type : ALL) {
      if (type.isTopLevelClass()
          && !type.getPackageName().startsWith("io.owlmesh.proto")
          && !type.getSimpleName().equals("package-info")) {
        byName.computeIfAbsent(type.getSimpleName(), _ -> new ArrayList<>()).add(type.getName());
      }
    }
    byName.values().removeIf(classes -> classes.size() == 1);
    assertThat(byName).isEmpty();
  }

  private static String module(JavaClass type) {
    String rest = type.getPackageName().substring("io.owlmesh.".length());
    int dot = rest.indexOf('.');
    return dot < 0 ? rest : rest.substring(0, dot);
  }
}
