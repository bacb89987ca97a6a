// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.spark.batch;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/** Rows of the output: what was kept of the input, then columns of its own. */
final class AnswerRows {
  private static final StructType TENSOR =
      new StructType()
          .add("shape", DataTypes.createArrayType(DataTypes.IntegerType))
          .add("float32", DataTypes.BinaryType);

  private static final StructType ASKED =
      new StructType()
          .add("question", DataTypes.StringType)
          .add("image_sha256", DataTypes.createArrayType(DataTypes.StringType))
          .add("key", DataTypes.StringType);

  private static final StructType ANSWER =
      new StructType()
          .add("answer", DataTypes.StringType)
          .add("finish_reason", DataTypes.StringType)
          .add("prompt_tokens", DataTypes.IntegerType)
          .add("completion_tokens", DataTypes.IntegerType);

  private static final StructType ENCODING =
      new StructType()
          .add("encoding", DataTypes.StringType)
          .add("visual", DataTypes.createArrayType(TENSOR));

  private static final StructType END =
      new StructType()
          .add("weights", DataTypes.createArrayType(DataTypes.StringType))
          .add("error", DataTypes.StringType)
          .add("message", DataTypes.StringType);

  private AnswerRows() {}

  private static StructType own(boolean encodes) {
    return Stream.of(ASKED, encodes ? ENCODING : ANSWER, END)
        .flatMap(part -> Arrays.stream(part.fields()))
        .reduce(new StructType(), StructType::add, (left, right) -> left);
  }

  /** What a column of the input must not be called. */
  static List<String> columns(boolean encodes) {
    return Arrays.stream(own(encodes).fieldNames())
        .filter(name -> !name.equals("question"))
        .toList();
  }

  /**
   * The schema of the output.
   *
   * @param asked of {@link BatchTable#rows}
   * @param encodes whether there are numbers, in place of answers
   */
  static StructType schema(StructType asked, boolean encodes) {
    StructType all = new StructType();
    for (StructField field : asked.fields()) {
      if (!BatchTable.ASKED.contains(field.name())) {
        all = all.add(field);
      }
    }
    for (StructField field : own(encodes).fields()) {
      all = all.add(field);
    }
    return all;
  }

  /** A row that was asked, with what came of it. */
  static Row of(Row asked, JsonNode answer, boolean encodes) {
    List<@Nullable Object> values = new ArrayList<>();
    for (StructField field : asked.schema().fields()) {
      if (!BatchTable.ASKED.contains(field.name())) {
        values.add(asked.get(asked.fieldIndex(field.name())));
      }
    }
    values.add(asked.getAs("question"));
    values.add(strings(answer.path("image_sha256")));
    values.add(text(answer, "key"));
    if (encodes) {
      values.add(text(answer, "encoding"));
      values.add(tensors(answer.path("visual")));
    } else {
      values.add(text(answer, "answer"));
      values.add(text(answer, "finish_reason"));
      values.add(number(answer, "prompt_tokens"));
      values.add(number(answer, "completion_tokens"));
    }
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

  private static Row[] tensors(JsonNode list) {
    List<Row> all = new ArrayList<>();
    for (JsonNode one : list) {
      List<Integer> shape = new ArrayList<>();
      one.path("shape").forEach(size -> shape.add(size.asInt()));
      byte[] floats = Base64.getDecoder().decode(one.path("float32").asText());
      all.add(RowFactory.create(shape.toArray(Integer[]::new), floats));
    }
    return all.toArray(Row[]::new);
  }

  private static String[] strings(JsonNode list) {
    List<String> all = new ArrayList<>();
    list.forEach(one -> all.add(one.asText()));
    return all.toArray(String[]::new);
  }
}
