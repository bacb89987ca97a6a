// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.job;

import com.google.common.io.ByteSource;
import com.google.common.io.MoreFiles;
import io.owlmesh.client.AdapterClient;
import io.owlmesh.client.Address;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.llm.v1.Adapter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Brings an adapter into running llm services, which go on answering all the while. */
public final class Publisher {
  private static final List<String> FILES =
      List.of("adapter_config.json", "adapter_model.safetensors");

  private Publisher() {}

  /**
   * Sends an adapter to services.
   *
   * @param adapter folder of PEFT
   * @param version what requests will name it
   * @param addresses of every replica
   * @return what the last service loaded
   * @throws OwlException UNAVAILABLE naming the first replica that did not load it; those before it
   *     keep it
   */
  public static Adapter publish(Path adapter, String version, List<Address> addresses) {
    Map<String, ByteSource> files = new LinkedHashMap<>();
    FILES.forEach(name -> files.put(name, MoreFiles.asByteSource(adapter.resolve(name))));
    Adapter loaded = Adapter.getDefaultInstance();
    for (Address address : addresses) {
      loaded = send(version, files, address);
    }
    return loaded;
  }

  private static Adapter send(String version, Map<String, ByteSource> files, Address address) {
    try (AdapterClient client = new AdapterClient(address)) {
      return client.upload(version, false, files);
    } catch (AnswerFailed e) {
      throw new OwlException(Fault.UNAVAILABLE, "--publish", address + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new OwlException(Fault.UNAVAILABLE, "--publish", address + ": interrupted", e);
    }
  }
}
