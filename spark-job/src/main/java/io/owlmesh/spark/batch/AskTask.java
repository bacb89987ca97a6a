// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.spark.batch;

import io.owlmesh.spark.batch.BatchSettings.Call;
import java.io.IOException;
import java.util.Collections;
import java.util.Iterator;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;

/**
 * Asks the rows of a partition by a process of {@code owl batch}, which bounds its calls in flight,
 * waits where the mesh is full and tries again what may go well later.
 *
 * @param model that must answer, see {@link BatchTable#rows}
 * @param encodes whether numbers come, in place of answers
 */
record AskTask(Call call, String model, boolean encodes, ReasonCounts counts)
    implements MapPartitionsFunction<Row, Row> {
  @Override
  public Iterator<Row> call(Iterator<Row> rows) throws IOException {
    if (!rows.hasNext()) {
      return Collections.emptyIterator();
    }
    AskProcess process = AskProcesses.here().take(call, model);
    AnsweredRows answered =
        new AnsweredRows(rows, process, encodes, counts, 2 * call.concurrency());
    TaskContext.get()
        .addTaskCompletionListener(
            (org.apache.spark.util.TaskCompletionListener)
                ended -> {
                  if (answered.isDone()) {
                    AskProcesses.here().giveBack(call, model, process);
                  } else {
                    process.close();
                  }
                });
    return answered;
  }
}
