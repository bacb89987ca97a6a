// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.script;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What a TorchScript program is made of.
 *
 * @param tuples types that its methods name
 * @param methods generated ones
 * @param resources files on the class path with the methods written by hand
 */
public record Script(List<NamedTuple> tuples, List<String> methods, List<String> resources) {
  /** Nothing. */
  public static final Script EMPTY = new Script(List.of(), List.of(), List.of());

  // The class whose methods all others are. __torch__ is the module of every program.
  private static final String NET =
      "class Net(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n";

  public Script {
    tuples = List.copyOf(tuples);
    methods = List.copyOf(methods);
    resources = List.copyOf(resources);
  }

  /** A program of written methods alone. */
  public static Script of(String... resources) {
    return new Script(List.of(), List.of(), List.of(resources));
  }

  /** Both together. */
  public Script plus(Script other) {
    return new Script(
        join(tuples, other.tuples), join(methods, other.methods), join(resources, other.resources));
  }

  private static <T> List<T> join(List<T> one, List<T> other) {
    List<T> all = new ArrayList<>(one);
    all.addAll(other);
    return all;
  }

  /** The text. */
  public String source() {
    StringBuilder source = new StringBuilder();
    tuples.forEach(tuple -> source.append(tuple.declaration()));
    source.append(NET);
    methods.forEach(source::append);
    resources.forEach(resource -> source.append(read(resource)));
    return source.toString();
  }

  private static String read(String resource) {
    try (InputStream in = Script.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(resource + " is not on the class path");
      }
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(resource, e);
    }
  }
}
