// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.core.OwlException;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Update;

/**
 * A table as rows of names and values, whichever database it is in.
 *
 * @param columns their JDBC types by name
 */
record TableCopy(String name, Map<String, Integer> columns) {
  /** Of one orchestrator, of one moment, of what callers did there, or of its replicas. */
  private static final Set<String> NOT_COPIED =
      Set.of(
          "flyway_schema_history",
          "turn_lease",
          "task",
          "caller_usage",
          "audit",
          "model_canary",
          "drained_replica");

  private static final int FETCHED = 500;

  /** All tables, those first that others refer to. */
  static List<TableCopy> all(Handle row) {
    try {
      DatabaseMetaData data = row.getConnection().getMetaData();
      String schema = row.getConnection().getSchema();
      Map<String, String> spelled = new LinkedHashMap<>();
      try (ResultSet tables = data.getTables(null, schema, "%", null)) {
        while (tables.next()) {
          String name = tables.getString("TABLE_NAME");
          String lower = name.toLowerCase(Locale.ROOT);
          boolean isTable = tables.getString("TABLE_TYPE").endsWith("TABLE");
          if (isTable && !NOT_COPIED.contains(lower)) {
            spelled.put(lower, name);
          }
        }
      }
      Set<String> ordered = new LinkedHashSet<>();
      for (String name : spelled.keySet()) {
        add(data, schema, name, spelled, ordered);
      }
      List<TableCopy> copies = new ArrayList<>();
      for (String name : ordered) {
        copies.add(new TableCopy(name, columns(data, schema, spelled.getOrDefault(name, name))));
      }
      return copies;
    } catch (SQLException e) {
      throw new org.jdbi.v3.core.ConnectionException(e);
    }
  }

  private static void add(
      DatabaseMetaData data,
      String schema,
      String name,
      Map<String, String> spelled,
      Set<String> ordered)
      throws SQLException {
    if (ordered.contains(name)) {
      return;
    }
    List<String> needed = new ArrayList<>();
    try (ResultSet keys = data.getImportedKeys(null, schema, spelled.getOrDefault(name, name))) {
      while (keys.next()) {
        needed.add(keys.getString("PKTABLE_NAME").toLowerCase(Locale.ROOT));
      }
    }
    for (String other : needed) {
      if (!other.equals(name) && spelled.containsKey(other)) {
        add(data, schema, other, spelled, ordered);
      }
    }
    ordered.add(name);
  }

  private static Map<String, Integer> columns(DatabaseMetaData data, String schema, String table)
      throws SQLException {
    Map<String, Integer> columns = new LinkedHashMap<>();
    try (ResultSet found = data.getColumns(null, schema, table, "%")) {
      while (found.next()) {
        columns.put(
            found.getString("COLUMN_NAME").toLowerCase(Locale.ROOT), found.getInt("DATA_TYPE"));
      }
    }
    return columns;
  }

  /**
   * Reads all rows.
   *
   * @return how many
   */
  long read(Handle row, Consumer<ObjectNode> line) {
    long[] count = new long[1];
    row
        .createQuery("SELECT * FROM " + name)
        .setFetchSize(FETCHED)
        .map((result, _) -> line(result))
        .stream()
        .forEach(one -> {
          line.accept(one);
          count[0]++;
        });
    return count[0];
  }

  private ObjectNode line(ResultSet result) throws SQLException {
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    for (Map.Entry<String, Integer> column : columns.entrySet()) {
      String key = column.getKey();
      switch (column.getValue()) {
        case Types.BIGINT, Types.INTEGER, Types.SMALLINT -> line.put(key, result.getLong(key));
        case Types.BOOLEAN, Types.BIT -> line.put(key, result.getBoolean(key));
        case Types.DOUBLE, Types.REAL -> line.put(key, result.getDouble(key));
        case Types.TIMESTAMP, Types.TIMESTAMP_WITH_TIMEZONE -> {
          OffsetDateTime time = result.getObject(key, OffsetDateTime.class);
          line.put(key, time == null ? null : time.toString());
        }
        default -> line.put(key, result.getString(key));
      }
      if (result.wasNull()) {
        line.putNull(key);
      }
    }
    return line;
  }

  /**
   * Adds a row. Columns that an older version did not have take their default.
   *
   * @throws OwlException BAD_INPUT, field {@code archive}
   */
  void write(Handle row, JsonNode values) {
    List<String> names = new ArrayList<>();
    values.fieldNames().forEachRemaining(names::add);
    if (names.isEmpty() || !columns.keySet().containsAll(names)) {
      throw OwlException.badInput(
          "archive",
          "columns %s of table %s, which has %s".formatted(names, name, columns.keySet()));
    }
    StringBuilder sql = new StringBuilder("INSERT INTO ").append(name).append(" (");
    sql.append(String.join(", ", names)).append(") OVERRIDING SYSTEM VALUE VALUES (:");
    sql.append(String.join(", :", names)).append(')');
    try (Update update = row.createUpdate(sql.toString())) {
      for (String column : names) {
        bind(update, column, values.required(column));
      }
      update.execute();
    }
  }

  private void bind(Update update, String column, JsonNode value) {
    int type = columns.getOrDefault(column, Types.VARCHAR);
    if (value.isNull()) {
      update.bindNull(column, type);
      return;
    }
    switch (type) {
      case Types.BIGINT, Types.INTEGER, Types.SMALLINT -> update.bind(column, value.asLong());
      case Types.BOOLEAN, Types.BIT -> update.bind(column, value.asBoolean());
      case Types.DOUBLE, Types.REAL -> update.bind(column, value.asDouble());
      case Types.TIMESTAMP, Types.TIMESTAMP_WITH_TIMEZONE -> {
        try {
          update.bind(column, OffsetDateTime.parse(value.asText()));
        } catch (DateTimeException e) {
          throw OwlException.badInput(
              "archive",
              "'%s' for the time %s of table %s".formatted(value.asText(), column, name));
        }
      }
      default -> update.bind(column, value.asText());
    }
  }

  /** Numbers that the database gives go on behind those that were taken over. */
  static void restartNumbers(Handle row) {
    long number = most(row, "number");
    long fence = most(row, "fence");
    row.execute("ALTER TABLE message ALTER COLUMN number RESTART WITH " + (number + 1));
    row.execute("ALTER SEQUENCE turn_fence RESTART WITH " + (fence + 1));
  }

  private static long most(Handle row, String column) {
    return row.createQuery("SELECT COALESCE(MAX(" + column + "), 0) FROM message")
        .mapTo(Long.class)
        .one();
  }
}
