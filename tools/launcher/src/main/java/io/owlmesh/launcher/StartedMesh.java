// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A mesh whose processes are children of this one. */
public final class StartedMesh {
  private final MeshRecord record;
  private final Map<RunningService, Process> processes;

  StartedMesh(MeshRecord record, Map<RunningService, Process> processes) {
    this.record = record;
    this.processes = Collections.unmodifiableMap(new LinkedHashMap<>(processes));
  }

  StartedMesh with(MeshRecord newer) {
    return new StartedMesh(newer, processes);
  }

  public MeshRecord record() {
    return record;
  }

  public Map<RunningService, Process> processes() {
    return processes;
  }

  /** As {@link MeshStopper#stop}. */
  public List<String> stop(Duration grace) throws InterruptedException {
    return MeshStopper.stop(record.services(), grace);
  }
}
