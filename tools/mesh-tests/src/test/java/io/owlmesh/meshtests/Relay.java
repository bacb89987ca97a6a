// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** A network between the orchestrator and one replica that can be as bad as a test wants. */
final class Relay implements AutoCloseable {
  /** How the network is. */
  enum Mode {
    /** All passes at once. */
    PASS,
    /** Requests pass; answers wait. */
    HOLD_ANSWERS,
    /** Whatever is answered comes later: half a second, unless somebody says otherwise. */
    LATE_ANSWERS,
    /** Answers come in drops: some tokens in a hundredth of a second. */
    DRIP_ANSWERS,
    /** Nothing passes, and nobody is told: packets are lost on their way. */
    CUT,
    /** Connections are reset, and new ones are, too. */
    RESET
  }

  private static final int DROP_BYTES = 256;
  private static final int DROP_MILLIS = 10;
  private static final int BUFFER_BYTES = 64 << 10;

  private final int target;
  private final ServerSocket listener;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private volatile Mode mode = Mode.PASS;
  private volatile int lateMillis = 500;

  /**
   * Listens on a free port.
   *
   * @param target port of this machine where connections lead
   */
  Relay(int target) throws IOException {
    this.target = target;
    listener = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
    Thread.startVirtualThread(this::accept);
  }

  String address() {
    return "127.0.0.1:" + listener.getLocalPort();
  }

  /** From now on answers come so much later. */
  void delay(int millis) {
    lateMillis = millis;
    set(Mode.LATE_ANSWERS);
  }

  void set(Mode now) {
    lock.lock();
    try {
      mode = now;
      if (now == Mode.RESET) {
        open.forEach(Relay::reset); // Before those who hold something wake up.
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket caller = listener.accept();
        if (mode == Mode.RESET) {
          reset(caller);
        } else {
          Thread.startVirtualThread(() -> join(caller));
        }
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void join(Socket caller) {
    open.add(caller);
    Socket replica = new Socket();
    try {
      replica.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
      replica.setTcpNoDelay(true);
      caller.setTcpNoDelay(true);
      open.add(replica);
      if (mode == Mode.RESET) {
        reset(caller);
        reset(replica);
        return;
      }
      Thread.startVirtualThread(() -> pump(caller, replica, false));
      pump(replica, caller, true);
    } catch (IOException refused) {
      reset(caller); // Nobody is there: as a host says whose process is gone.
      open.remove(caller);
    }
  }

  private void pump(Socket from, Socket to, boolean answers) {
    byte[] buffer = new byte[BUFFER_BYTES];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      while (true) {
        boolean drips = answers && mode == Mode.DRIP_ANSWERS;
        int count = in.read(buffer, 0, drips ? DROP_BYTES : buffer.length);
        if (count < 0) {
          return;
        }
        awaitPassage(answers);
        if (answers && mode == Mode.LATE_ANSWERS) {
          TimeUnit.MILLISECONDS.sleep(lateMillis);
        }
        out.write(buffer, 0, count);
        if (drips) {
          TimeUnit.MILLISECONDS.sleep(DROP_MILLIS);
        }
      }
    } catch (IOException ended) {
      // Told to the other end by closing.
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } finally {
      open.remove(from);
      open.remove(to);
    }
  }

  private void awaitPassage(boolean answers) throws InterruptedException {
    lock.lock();
    try {
      while (mode == Mode.CUT || (answers && mode == Mode.HOLD_ANSWERS)) {
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  private static void reset(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException closed) {
      // What was wanted.
    }
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException closed) {
      // What was wanted.
    }
    set(Mode.RESET);
  }
}
