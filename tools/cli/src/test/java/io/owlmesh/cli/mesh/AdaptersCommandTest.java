// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.io.ByteSource;
import com.google.common.io.MoreFiles;
import com.google.protobuf.ByteString;
import io.owlmesh.cli.OwlCalls;
import io.owlmesh.client.AdapterClient;
import io.owlmesh.client.Address;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.proto.llm.v1.AdapterHeader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class AdaptersCommandTest {
  private OwlCalls owl;
  private Path folder;
  private FakeAdapters model;

  @BeforeEach
  void begin(@TempDir Path home) throws Exception {
    folder = home;
    owl = new OwlCalls(home);
    model = new FakeAdapters();
  }

  @AfterEach
  void end() {
    model.close();
  }

  @Test
  void adaptersAreLoadedListedAndUnloaded() throws Exception {
    assertThat(owl.call("adapters", "--llm", model.address())).isZero();
    assertThat(owl.call("adapters", "load", "poet", "--llm", model.address())).isZero();
    assertThat(owl.call("adapters", "--llm", model.address(), "list")).isZero();
    assertThat(owl.out.toString().lines().map(String::strip))
        .containsExactly(
            "There are no adapters.",
            "poet is loaded: rank 8, digest 0123456789ab",
            "ADAPTER  RANK  PARAMETERS  DIGEST",
            "poet     8     1,234,567   0123456789ab");
    owl.out.getBuffer().setLength(0);

    assertThat(owl.call("adapters", "--json", "--llm", model.address())).isZero();
    JsonNode json = JsonMapper.builder().build().readTree(owl.out.toString());
    assertThat(json.at("/adapters/0/name").asText()).isEqualTo("poet");
    assertThat(json.at("/adapters/0/rank").asInt()).isEqualTo(8);

    assertThat(owl.call("adapters", "unload", "poet", "--llm", model.address())).isZero();
    assertThat(model.loaded).isEmpty();
  }

  @Test
  void anUploadArrivesWholeUnderTheNameOfItsFolder() throws Exception {
    byte[] weights = new byte[1_300_000];
    new Random(1).nextBytes(weights);
    Path adapter = Files.createDirectories(folder.resolve("poet"));
    Files.write(adapter.resolve("adapter_model.safetensors"), weights);
    Files.writeString(adapter.resolve("adapter_config.json"), "{}");
    Files.writeString(adapter.resolve("README.md"), "stays here");

    assertThat(owl.call("adapters", "upload", adapter.toString(), "--llm", model.address()))
        .isZero();
    assertThat(
            owl.call(
                "adapters",
                "upload",
                adapter + "/",
                "--name",
                "b",
                "--temporary",
                "--llm",
                model.address()))
        .isZero();

    assertThat(model.files)
        .containsOnly(
            Map.entry("adapter_config.json", ByteString.copyFromUtf8("{}")),
            Map.entry("adapter_model.safetensors", ByteString.copyFrom(weights)));
    assertThat(model.headers)
        .containsOnly(
            Map.entry("poet", AdapterHeader.newBuilder().setName("poet").build()),
            Map.entry("b", AdapterHeader.newBuilder().setName("b").setTemporary(true).build()));
  }

  @Test
  void whatIsNoAdapterIsRefusedInOneLine() {
    assertThat(owl.call("adapters", "upload", folder.toString(), "--llm", model.address()))
        .isEqualTo(2);
    assertThat(owl.err.toString().lines()).hasSize(1);
    assertThat(owl.err.toString()).contains("There is no adapter in " + folder);
  }

  @Test
  void whatTheServiceRefusesIsShown() {
    assertThat(owl.call("adapters", "load", "none", "--llm", model.address())).isOne();
    assertThat(owl.err.toString()).contains("NOT_FOUND: no folder none");
  }

  @Test
  void withoutAMeshTheWayToNameOneIsTold() {
    assertThat(owl.call("adapters")).isOne();
    assertThat(owl.err.toString()).contains("No mesh is up here").contains("--llm");
  }

  @Test
  void aFileThatCannotBeReadEndsTheUpload() throws Exception {
    Map<String, ByteSource> files =
        Map.of("adapter_config.json", MoreFiles.asByteSource(folder.resolve("gone")));
    try (AdapterClient client = new AdapterClient(Address.parse(model.address()))) {
      assertThatThrownBy(() -> client.upload("poet", false, files))
          .isInstanceOf(AnswerFailed.class)
          .hasMessageContaining("cannot be read")
          .hasMessageContaining("gone");
    }
    assertThat(model.loaded).isEmpty();
  }
}
