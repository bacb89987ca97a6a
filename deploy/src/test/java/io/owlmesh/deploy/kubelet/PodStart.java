// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.deploy.kubelet;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How the container of a pod is started by Podman: as what user, with what rights, environment and
 * volumes its specification says.
 *
 * @param claims folders of this host by the names of claims
 * @param account what a service account mounts, if the pod is to have one
 * @param cluster variables that tell where the cluster answers
 */
record PodStart(Map<String, Path> claims, Path account, Map<String, String> cluster) {
  // crun refuses the hybrid hierarchy of control groups that some hosts have.
  private static final List<String> PODMAN =
      List.of(
          "podman",
          "--runtime=runc",
          "--cgroup-manager=cgroupfs",
          "run",
          "--pull=never",
          "--ulimit=nofile=20000:20000",
          "--ulimit=nproc=30000:30000");
  private static final String ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

  /**
   * Starts it.
   *
   * @param folder for its empty volumes
   */
  void run(String name, PodSpec spec, String namespace, Path folder) throws IOException {
    Container container = spec.getContainers().getFirst();
    List<String> command = new ArrayList<>(PODMAN);
    command.addAll(
        List.of("--detach", "--name=" + name, "--network=ns:/var/run/netns/" + namespace));
    command.addAll(rights(spec, container));
    Quantity memory = container.getResources().getLimits().get("memory");
    command.add("--memory=" + Quantity.getAmountInBytes(memory).longValueExact());
    cluster.forEach((key, value) -> command.add("--env=%s=%s".formatted(key, value)));
    for (EnvVar variable : container.getEnv()) {
      if (variable.getValueFrom() != null) {
        throw new IOException(variable.getName() + " is of a secret, of which there is none");
      }
      command.add("--env=%s=%s".formatted(variable.getName(), variable.getValue()));
    }
    for (VolumeMount mount : container.getVolumeMounts()) {
      command.add(
          "--volume=%s:%s%s"
              .formatted(
                  source(mount.getName(), spec, folder),
                  mount.getMountPath(),
                  Boolean.TRUE.equals(mount.getReadOnly()) ? ":ro" : ""));
    }
    if (spec.getAutomountServiceAccountToken()) {
      command.add("--volume=%s:%s:ro".formatted(account, ACCOUNT));
    }
    command.add("localhost/" + container.getImage());
    Programs.run(command);
  }

  /** Whether a container of an image, which does nothing, is started on this machine. */
  static boolean isPossible(String image) {
    List<String> command = new ArrayList<>(PODMAN);
    command.addAll(List.of("--rm", "--network=none", "--memory=64m", "--entrypoint=true", image));
    try {
      Programs.run(command);
      return true;
    } catch (IOException refused) {
      return false;
    }
  }

  private static List<String> rights(PodSpec spec, Container container) {
    List<String> flags = new ArrayList<>();
    flags.add(
        "--user=%d:%d"
            .formatted(
                spec.getSecurityContext().getRunAsUser(),
                spec.getSecurityContext().getRunAsGroup()));
    if (container.getSecurityContext().getReadOnlyRootFilesystem()) {
      flags.add("--read-only");
      flags.add("--read-only-tmpfs=false");
    }
    if (!container.getSecurityContext().getAllowPrivilegeEscalation()) {
      flags.add("--security-opt=no-new-privileges");
    }
    container
        .getSecurityContext()
        .getCapabilities()
        .getDrop()
        .forEach(capability -> flags.add("--cap-drop=" + capability));
    return flags;
  }

  private Path source(String name, PodSpec spec, Path folder) throws IOException {
    Volume volume =
        spec.getVolumes().stream()
            .filter(one -> one.getName().equals(name))
            .findFirst()
            .orElseThrow();
    if (volume.getPersistentVolumeClaim() != null) {
      Path claim = claims.get(volume.getPersistentVolumeClaim().getClaimName());
      if (claim == null) {
        throw new IOException("there is no claim " + volume.getPersistentVolumeClaim());
      }
      return claim;
    }
    if (volume.getEmptyDir() == null) {
      throw new IOException("a volume of another kind: " + volume);
    }
    Path empty = Files.createDirectories(folder.resolve(name));
    own(empty, spec.getSecurityContext().getFsGroup());
    return empty;
  }

  /** Lets the group of a pod write to a volume. */
  static void own(Path volume, long group) throws IOException {
    Programs.run("chgrp", Long.toString(group), volume.toString());
    Programs.run("chmod", "2770", volume.toString());
  }
}
