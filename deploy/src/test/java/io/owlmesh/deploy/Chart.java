// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.deploy;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.TemplateCommand;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** The chart as Helm renders it. */
public final class Chart {
  public static final Path FOLDER = Path.of("helm/owlmesh");

  private static final KubernetesSerialization YAML = new KubernetesSerialization();

  private Chart() {}

  /** The release "owl" with one of the chart's files of values; more may be set. */
  public static TemplateCommand template(String values) {
    return new Helm(FOLDER)
        .template()
        .withName("owl")
        .withKubeVersion("1.31.0")
        .withValuesFile(FOLDER.resolve(values));
  }

  /** The documents of a manifest, as the types of Kubernetes read them. */
  public static List<HasMetadata> read(String manifest) {
    return Arrays.stream(manifest.split("(?m)^---$"))
        .filter(document -> document.contains("kind:"))
        .map(document -> (HasMetadata) YAML.unmarshal(document))
        .toList();
  }

  /** Those of one kind. */
  public static <T extends HasMetadata> List<T> of(Class<T> kind, List<HasMetadata> all) {
    return all.stream().filter(kind::isInstance).map(kind::cast).toList();
  }
}
