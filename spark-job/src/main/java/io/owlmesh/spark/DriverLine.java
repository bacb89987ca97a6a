// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.spark;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.spark.SparkContext;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;
import org.jspecify.annotations.Nullable;

/** The line between workers and driver: what workers say, and whether they are to stop. */
public final class DriverLine implements SparkPlugin {
  private static final AtomicBoolean STOPPED = new AtomicBoolean();
  private static volatile @Nullable PluginContext toDriver;

  /** What a worker says. */
  private record Said(String line) implements Serializable {}

  /** What a worker asks. */
  private record IsStopped() implements Serializable {}

  /** At the driver: asks the workers to save their state and end. */
  static void stop() {
    STOPPED.set(true);
  }

  /** At the driver: whether the workers were asked to end. */
  static boolean stopped() {
    return STOPPED.get();
  }

  /** At an executor: tells the driver's user a line. */
  static void say(String line) {
    try {
      context().send(new Said(line));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** At an executor: whether the driver wants its workers to end. */
  static boolean asksToStop() {
    try {
      return (Boolean) context().ask(new IsStopped());
    } catch (Exception e) {
      throw new IllegalStateException("the driver does not answer", e);
    }
  }

  private static PluginContext context() {
    PluginContext context = toDriver;
    if (context == null) {
      throw new IllegalStateException("spark.plugins lacks " + DriverLine.class.getName());
    }
    return context;
  }

  @Override
  public DriverPlugin driverPlugin() {
    return new DriverPlugin() {
      @Override
      public Map<String, String> init(SparkContext spark, PluginContext own) {
        return Map.of();
      }

      @Override
      public @Nullable Object receive(Object message) {
        if (message instanceof Said said) {
          System.out.println(said.line());
          return null; // Nobody waits.
        }
        return stopped();
      }
    };
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return new ExecutorPlugin() {
      @Override
      public void init(PluginContext own, Map<String, String> extra) {
        toDriver = own;
      }
    };
  }
}
