// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.spark.batch;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.array_compact;
import static org.apache.spark.sql.functions.array_join;
import static org.apache.spark.sql.functions.callUDF;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat_ws;
import static org.apache.spark.sql.functions.exists;
import static org.apache.spark.sql.functions.get_json_object;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.raise_error;
import static org.apache.spark.sql.functions.sha2;
import static org.apache.spark.sql.functions.transform;
import static org.apache.spark.sql.functions.when;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * The rows that are to be asked: all columns of the input but the image's, and {@link #ASKED}. Read
 * are Parquet, JSON lines, folders of images and shards of a WebDataset. An image is a path, bytes,
 * a structure with {@code bytes} as Hugging Face's data sets have it, or a list of these.
 */
final class BatchTable {
  /** Question, images (paths or bytes), their SHA-256 and the key of each row. */
  static final List<String> ASKED = List.of("question", "owl_images", "image_sha256", "key");

  private static final String IMAGES = "*.{jpg,jpeg,png,gif,bmp,webp,JPG,JPEG,PNG,GIF,BMP,WEBP}";
  private static final String IMAGE_DIGEST = "owl_image_sha256";

  private final SparkSession spark;
  private final BatchSettings settings;

  BatchTable(SparkSession spark, BatchSettings settings) {
    this.spark = spark;
    this.settings = settings;
    spark
        .udf()
        .register(IMAGE_DIGEST, (UDF1<String, String>) BatchFiles::digest, DataTypes.StringType);
  }

  /**
   * All rows of the input.
   *
   * @param model digest of weights and options, of which keys are made
   * @throws IllegalArgumentException naming a column that is missing, and those that are there
   */
  Dataset<Row> rows(String model) {
    Source source = source();
    Dataset<Row> read = source.rows();
    List<String> names = Arrays.asList(read.columns());
    Column question = question(names);
    Column images = images(read.schema(), names, source.imageColumn());
    List<Column> columns = new ArrayList<>();
    for (String name : names) {
      if (!name.equals(settings.questionColumn()) && !name.equals(source.imageColumn())) {
        if (AnswerRows.columns(settings.encodes()).contains(name)) {
          throw new IllegalArgumentException(
              "--input: a column is called '%s', as one of the output; rename it".formatted(name));
        }
        columns.add(col(name));
      }
    }
    columns.add(question.as("question"));
    columns.add(images.as("owl_images"));
    Dataset<Row> chosen = read.select(columns.toArray(Column[]::new));
    boolean paths =
        ((ArrayType) chosen.schema().apply("owl_images").dataType())
            .elementType()
            .equals(DataTypes.StringType);
    return chosen
        .withColumn(
            "image_sha256",
            transform(
                col("owl_images"),
                image -> paths ? callUDF(IMAGE_DIGEST, image) : sha2(image, 256)))
        .withColumn("key", key(model));
  }

  /** As {@code ./owl batch} makes it; none where an image cannot be read, so that it is asked. */
  private static Column key(String model) {
    Column digests = col("image_sha256");
    Column text = concat_ws("\n", lit(model), array_join(digests, " "), col("question"));
    return when(exists(digests, Column::isNull), lit(null))
        .otherwise(sha2(text.cast("binary"), 256));
  }

  /**
   * What is read.
   *
   * @param imageColumn where its images are
   */
  private record Source(Dataset<Row> rows, String imageColumn) {}

  private Source source() {
    String input = settings.input();
    if (input.toLowerCase(Locale.ROOT).endsWith(".tar")) {
      return new Source(samplesOfShards(), "image");
    }
    if (BatchFiles.isFolder(spark, input) && !BatchFiles.holdsParquet(spark, input)) {
      return new Source(imagesOfFolder(), "content");
    }
    return new Source(
        input.matches(".*\\.(jsonl|json|ndjson)")
            ? spark.read().json(input)
            : spark.read().parquet(input),
        settings.imageColumn());
  }

  private Dataset<Row> imagesOfFolder() {
    return spark
        .read()
        .format("binaryFile")
        .option("pathGlobFilter", IMAGES)
        .option("recursiveFileLookup", "true")
        .load(settings.input())
        .select("path", "content");
  }

  /** A task reads a shard from its begin to its end. */
  private Dataset<Row> samplesOfShards() {
    List<String> shards = BatchFiles.matching(spark, settings.input());
    Dataset<Row> samples =
        spark
            .createDataset(shards, Encoders.STRING())
            .repartition(shards.size())
            .flatMap(new ShardRows(), Encoders.row(ShardRows.SCHEMA));
    Column asked = get_json_object(col("json"), "$['%s']".formatted(settings.questionColumn()));
    return samples.withColumn(settings.questionColumn(), asked);
  }

  private Column question(List<String> names) {
    String name = settings.questionColumn();
    if (!names.contains(name)) {
      return lit(
          settings
              .question()
              .orElseThrow(() ->
                  new IllegalArgumentException(
                      "--input: no column named '%s', and no --question; there are %s"
                          .formatted(name, names))));
    }
    Column usual =
        settings
            .question()
            .map(functions::lit)
            .orElseGet(() ->
                raise_error(lit("--input: a row has no '%s', and no --question".formatted(name))));
    return coalesce(col(name).cast("string"), usual);
  }

  private Column images(StructType schema, List<String> names, String name) {
    if (!names.contains(name)) {
      return array().cast(new ArrayType(DataTypes.StringType, true)); // Questions on text alone.
    }
    DataType type = schema.apply(name).dataType();
    Column all = type instanceof ArrayType ? col(name) : array(col(name));
    DataType one = type instanceof ArrayType list ? list.elementType() : type;
    Column images = array_compact(coalesce(all, array().cast(new ArrayType(one, true))));
    if (one instanceof StructType fields && Arrays.asList(fields.fieldNames()).contains("bytes")) {
      return array_compact(transform(images, image -> image.getField("bytes")));
    }
    if (one.equals(DataTypes.BinaryType)) {
      return images;
    }
    if (one.equals(DataTypes.StringType)) {
      String folder = BatchFiles.folderOf(settings.input());
      return transform(
          images,
          path -> when(path.startsWith("/"), path).otherwise(concat_ws("/", lit(folder), path)));
    }
    throw new IllegalArgumentException(
        "--input: column '%s' is %s, neither a path nor bytes".formatted(name, type.sql()));
  }
}
