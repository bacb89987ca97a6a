// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.fused;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import jakarta.inject.Inject;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  private static final JavaClasses OURS =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.owlmesh");

  @Test
  void theModelKnowsNoServer() {
    noClasses()
        .that()
        .resideInAPackage("io.owlmesh.model..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.grpc..",
            "com.google.protobuf..",
            "io.quarkus..",
            "jakarta..",
            "io.opentelemetry..",
            "io.owlmesh.proto..",
            "io.owlmesh.wire..")
        .check(OURS);
  }

  @Test
  void onlyTheModelKnowsTheEngine() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.owlmesh.model..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("ai.djl..")
        .check(OURS);
  }

  @Test
  void onlyTheNetworksTouchDjl() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "io.owlmesh.model",
            "io.owlmesh.model.checkpoint..",
            "io.owlmesh.model.image..",
            "io.owlmesh.model.text..",
            "io.owlmesh.model.verify..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("ai.djl..")
        .check(OURS);
  }

  @Test
  void servicesDoNotKnowEachOther() {
    slices()
        .matching("io.owlmesh.(vision|abstractor|llm|orchestrator)..")
        .should()
        .notDependOnEachOther()
        .check(OURS);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("io.owlmesh.(**)").should().beFreeOfCycles().check(OURS);
  }

  @Test
  void beansGetWhatTheyNeedByTheirConstructors() {
    noFields()
        .that()
        .areDeclaredInClassesThat()
        .resideInAPackage("io.owlmesh..")
        .should()
        .beAnnotatedWith(Inject.class)
        .check(OURS);
  }

  @Test
  void nothingIsPrintedPastTheLog() {
    noClasses()
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .check(OURS);
  }
}
