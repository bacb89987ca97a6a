// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.inspect;

import io.owlmesh.core.Columns;
import io.owlmesh.core.Printable;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.json.Problems;
import io.owlmesh.model.json.StrictJson;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Renders an {@link Inspection} as text. */
public final class InspectionText {
  private InspectionText() {}

  static String render(Inspection inspection) {
    StringBuilder text = new StringBuilder();
    text.append(Printable.of(inspection.folder().toString()))
        .append(inspection.layout().isEmpty() ? "" : " (" + inspection.layout() + ")")
        .append(model(inspection))
        .append("\n\n");
    table(text, parts(inspection));
    if (!inspection.adapters().isEmpty()) {
      text.append('\n');
      table(text, adapters(inspection));
    }
    for (String note : inspection.notes()) {
      text.append("\nnote: ").append(Printable.of(note)).append('\n');
    }
    int count = inspection.problems().size();
    text.append('\n').append(count == 0 ? "no problems" : count + " problem(s)").append('\n');
    inspection.problems().stream()
        .limit(Problems.SHOWN)
        .forEach(problem -> text.append("  ").append(problem).append('\n'));
    return text.append(Problems.more(count, "  ")).toString().stripTrailing() + "\n";
  }

  /** What it is; nothing where its configuration cannot be read. */
  private static String model(Inspection inspection) {
    if (inspection.problems().stream().anyMatch(p -> p.where().startsWith("config.json"))) {
      return "";
    }
    ModelConfig config = inspection.config();
    return "\n%s: pictures of %d x %d pixels, %d visual tokens each, a context of %d, %s as template"
        .formatted(
            config.modelType(),
            config.imageSize(),
            config.imageSize(),
            config.visualTokens(),
            config.language().context(),
            config.chatTemplate().name());
  }

  private static List<List<String>> parts(Inspection inspection) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("part", "tensors", "expected", "parameters", "bytes", "types"));
    long parameters = 0;
    long bytes = 0;
    int tensors = 0;
    int expected = 0;
    for (Inspection.PartSummary part : inspection.parts()) {
      String types = part.dtypes().stream().map(Enum::name).collect(Collectors.joining(" "));
      rows.add(
          row(
              part.part().label(),
              part.tensors(),
              part.expectedTensors(),
              part.parameters(),
              part.bytes(),
              types));
      parameters += part.parameters();
      bytes += part.bytes();
      tensors += part.tensors();
      expected += part.expectedTensors();
    }
    rows.add(row("total", tensors, expected, parameters, bytes, ""));
    return rows;
  }

  private static List<String> row(
      String name, int tensors, int expected, long parameters, long bytes, String types) {
    return List.of(
        name, number(tensors), number(expected), number(parameters), number(bytes), types);
  }

  private static List<List<String>> adapters(Inspection inspection) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("adapter", "layers", "rank", "alpha"));
    for (Inspection.AdapterSummary adapter : inspection.adapters()) {
      rows.add(
          List.of(
              Printable.of(adapter.name()),
              number(adapter.modules()),
              number(adapter.rank()),
              StrictJson.plain(adapter.alpha()) + (adapter.alphaAssumed() ? " (assumed)" : "")));
    }
    return rows;
  }

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /** The first and last columns are of words. */
  private static void table(StringBuilder text, List<List<String>> rows) {
    Set<Integer> numbers =
        IntStream.range(1, rows.getFirst().size() - 1).boxed().collect(Collectors.toSet());
    text.append(new Columns(rows, numbers).toString().indent(2));
  }
}
