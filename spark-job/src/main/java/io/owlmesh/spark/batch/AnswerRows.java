// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.spark.batch;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/** Rows of the output: what was kept of the input, then {@link #COLUMNS}. */
final class AnswerRows {
  private static final StructType OWN =
      new StructType()
          .add("question", DataTypes.StringType)
          .add("image_sha256", DataTypes.createArrayType(DataTypes.StringType))
          .add("key", DataTypes.StringType)
          .add("answer", DataTypes.StringType)
          .add("finish_reason", DataTypes.StringType)
          .add("prompt_tokens", DataTypes.IntegerType)
          .add("completion_tokens", DataTypes.IntegerType)
          .add("weights", DataTypes.createArrayType(DataTypes.StringType))
          .add("error", DataTypes.StringType)
          .add("message", DataTypes.StringType);

  /** What a column of the input must not be called. */
  static final List<String> COLUMNS =
      List.of(OWN.fieldNames()).stream().filter(name -> !name.equals("question")).toList();

  private AnswerRows() {}

  /**
   * The schema of the output.
   *
   * @param asked of {@link BatchTable#rows}
   */
  static StructType schema(StructType asked) {
    StructType all = new StructType();
    for (StructField field : asked.fields()) {
      if (!BatchTable.ASKED.contains(field.name())) {
        all = all.add(field);
      }
    }
    for (StructField field : OWN.fields()) {
      all = all.add(field);
    }
    return all;
  }

  /** A row that was asked, with what came of it. */
  static Row of(Row asked, JsonNode answer) {
    List<@Nullable Object> values = new ArrayList<>();
    for (StructField field : asked.schema().fields()) {
      if (!BatchTable.ASKED.contains(field.name())) {
        values.add(asked.get(asked.fieldIndex(field.name())));
      }
    }
    values.add(asked.getAs("question"));
    values.add(strings(answer.path("image_sha256")));
    values.add(text(answer, "key"));
    values.add(text(answer, "answer"));
    values.add(text(answer, "finish_reason"));
    values.add(number(answer, "prompt_tokens"));
    values.add(number(answer, "completion_tokens"));
    values.add(strings(answer.path("weights")));
    values.add(text(answer, "error"));
    values.add(text(answer, "message"));
    return RowFactory.create(values.toArray());
  }

  private static @Nullable String text(JsonNode answer, String name) {
    return answer.hasNonNull(name) ? answer.get(name).asText() : null;
  }

  private static @Nullable Integer number(JsonNode answer, String name) {
    return answer.hasNonNull(name) ? answer.get(name).asInt() : null;
  }

  private static String[] strings(JsonNode list) {
    List<String> all = new ArrayList<>();
    list.forEach(one -> all.add(one.asText()));
    return all.toArray(String[]::new);
  }
}
