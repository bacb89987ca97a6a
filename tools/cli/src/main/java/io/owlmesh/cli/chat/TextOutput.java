// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.chat;

import io.owlmesh.client.TurnObserver;
import io.owlmesh.proto.chat.v1.SendMessageResponse;
import io.owlmesh.proto.chat.v1.TurnAccepted;
import java.io.PrintWriter;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Prints the text of an answer as it comes. An answer that is told again, after the connection
 * broke, is printed from where it was; if it is another one, it begins on a line of its own.
 */
final class TextOutput implements TurnObserver {
  private final PrintWriter out;
  private final PrintWriter notes;
  private final StringBuilder printed = new StringBuilder();
  private final StringBuilder told = new StringBuilder();
  private @Nullable TurnAccepted accepted;

  /**
   * A screen for one answer.
   *
   * @param notes gets what is not part of the answer
   */
  TextOutput(PrintWriter out, PrintWriter notes) {
    this.out = out;
    this.notes = notes;
  }

  @Override
  public void event(SendMessageResponse event) {
    switch (event.getEventCase()) {
      case TEXT -> {
        told.append(event.getText().getText());
        print();
      }
      case ACCEPTED -> accepted = event.getAccepted();
      case STAGE, MOVED, DONE, EVENT_NOT_SET -> {}
    }
  }

  private void print() {
    int common = Math.min(printed.length(), told.length());
    if (!told.substring(0, common).contentEquals(printed.substring(0, common))) {
      endLine();
      printed.setLength(0);
      common = 0;
    }
    String more = told.substring(common);
    printed.append(more);
    out.print(more);
    out.flush();
  }

  @Override
  public void again() {
    told.setLength(0);
    notes.printf("%n(the connection broke; asking again)%n");
    notes.flush();
  }

  /** Ends the line of the answer, also of half an answer: an error message begins its own. */
  void endLine() {
    if (!printed.isEmpty()) {
      out.println();
      out.flush();
    }
  }

  /** The turn as the mesh keeps it; empty if it was refused. */
  Optional<TurnAccepted> accepted() {
    return Optional.ofNullable(accepted);
  }
}
