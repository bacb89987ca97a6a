// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

/** Hears the first text of an answer and does not read on before it is told to. */
final class Paused extends Listening {
  // The model tells first that it took the prompt. What it tells is told on here only when the turn
  // is kept, so that events say nothing of how far it is.
  private static final int FIRST_TEXT = 2;

  private Runnable next = () -> {};
  private int read;
  private boolean goesOn;

  @Override
  public void whenReady(Runnable more) {
    synchronized (this) {
      if (!goesOn && ++read >= FIRST_TEXT) {
        next = more;
        return;
      }
    }
    more.run();
  }

  void goOn() {
    Runnable more;
    synchronized (this) {
      goesOn = true;
      more = next;
    }
    more.run();
  }
}
