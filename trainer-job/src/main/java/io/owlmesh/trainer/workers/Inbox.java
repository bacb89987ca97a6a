// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.workers;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.training.v1.PutRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What other workers gave to this one and was not taken yet. Nobody can be more than one exchange
 * ahead of a worker, which gives something in each, so that what is kept here is bounded by what
 * two exchanges hold.
 */
final class Inbox {
  private static final int MAX_BUFFERS = 4_096;
  private static final long MAX_BYTES = 16L << 30;
  private static final long LOOK_MILLIS = 500;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<Source, Parcel> parcels = new HashMap<>();
  private final long[] takenRounds;
  private @Nullable String broken;

  private record Source(long round, int from) {}

  /** The buffers of one worker in one exchange, as they come in. */
  private static final class Parcel {
    private final @Nullable ByteBuffer[] buffers;
    private final long[] missing;
    private int open;

    Parcel(int count) {
      buffers = new ByteBuffer[count];
      missing = new long[count];
      open = count;
    }
  }

  Inbox(int workers) {
    takenRounds = new long[workers];
    Arrays.fill(takenRounds, -1);
  }

  /**
   * Takes a piece in.
   *
   * @throws OwlException BAD_INPUT naming what cannot be
   */
  void put(PutRequest piece) {
    lock.lock();
    try {
      int from = piece.getFrom();
      if (from < 0 || from >= takenRounds.length) {
        throw OwlException.badInput("from", from + " of " + takenRounds.length + " workers");
      }
      long ahead = piece.getRound() - takenRounds[from];
      if (ahead < 1 || ahead > 2) {
        throw OwlException.badInput(
            "round", piece.getRound() + ", expected is " + (takenRounds[from] + 1));
      }
      if (piece.getBuffers() < 0 || piece.getBuffers() > MAX_BUFFERS) {
        throw OwlException.badInput(
            "buffers", "%d, at most %d are allowed".formatted(piece.getBuffers(), MAX_BUFFERS));
      }
      Parcel parcel =
          parcels.computeIfAbsent(
              new Source(piece.getRound(), from), _ -> new Parcel(piece.getBuffers()));
      if (parcel.buffers.length != piece.getBuffers()) {
        throw OwlException.badInput(
            "buffers", "%d after %d".formatted(piece.getBuffers(), parcel.buffers.length));
      }
      if (piece.getBuffers() > 0) {
        fill(parcel, piece);
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private static void fill(Parcel parcel, PutRequest piece) {
    int index = piece.getBuffer();
    if (index < 0 || index >= parcel.buffers.length) {
      throw OwlException.badInput("buffer", index + " of " + parcel.buffers.length);
    }
    if (piece.getSize() < 1 || piece.getSize() > Integer.MAX_VALUE - 8L) {
      throw OwlException.badInput(
          "size", "%d, allowed is 1 to %d".formatted(piece.getSize(), Integer.MAX_VALUE - 8));
    }
    ByteBuffer buffer = parcel.buffers[index];
    if (buffer == null) {
      buffer = room(parcel, piece);
      parcel.buffers[index] = buffer;
      parcel.missing[index] = piece.getSize();
    }
    int length = piece.getData().size();
    long offset = piece.getOffset();
    if (buffer.capacity() != piece.getSize()
        || offset < 0
        || length < 1
        || offset + length > buffer.capacity()
        || length > parcel.missing[index]) {
      throw OwlException.badInput(
          "offset",
          "%d bytes at %d of %d, of which %d are missing"
              .formatted(length, offset, buffer.capacity(), parcel.missing[index]));
    }
    piece.getData().copyTo(buffer.slice((int) offset, length));
    parcel.missing[index] -= length;
    if (parcel.missing[index] == 0) {
      parcel.open--;
    }
  }

  private static ByteBuffer room(Parcel parcel, PutRequest piece) {
    long held = piece.getSize();
    for (ByteBuffer other : parcel.buffers) {
      held += other == null ? 0 : other.capacity();
    }
    if (held > MAX_BYTES) {
      throw OwlException.badInput(
          "size", "%d bytes in one exchange, at most %d are allowed".formatted(held, MAX_BYTES));
    }
    return ByteBuffer.allocateDirect((int) piece.getSize()).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Waits for all that a worker gives in an exchange.
   *
   * @throws OwlException UNAVAILABLE if the group breaks
   */
  List<ByteBuffer> take(long round, int from) {
    lock.lock();
    try {
      Source source = new Source(round, from);
      while (true) {
        Parcel parcel = parcels.get(source);
        if (parcel != null && parcel.open == 0) {
          parcels.remove(source);
          takenRounds[from] = round;
          List<ByteBuffer> buffers = new ArrayList<>();
          for (ByteBuffer buffer : parcel.buffers) {
            buffers.add(java.util.Objects.requireNonNull(buffer));
          }
          return buffers;
        }
        requireWhole();
        var _ = changed.await(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new OwlException(Fault.CANCELLED, "", "interrupted", e);
    } finally {
      lock.unlock();
    }
  }

  /** Nothing more will come: whoever waits is told why. The first reason stays. */
  void breakUp(String why) {
    lock.lock();
    try {
      if (broken == null) {
        broken = why;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Why nothing more comes; null while all is well. */
  @Nullable String broken() {
    lock.lock();
    try {
      return broken;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Nothing is wrong yet.
   *
   * @throws OwlException UNAVAILABLE if the group is broken
   */
  void requireWhole() {
    String why = broken();
    if (why != null) {
      throw new OwlException(Fault.UNAVAILABLE, "workers", why);
    }
  }
}
