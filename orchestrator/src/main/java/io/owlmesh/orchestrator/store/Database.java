// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.flywaydb.core.Flyway;
import org.jboss.logging.Logger;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.transaction.TransactionIsolationLevel;
import org.jspecify.annotations.Nullable;

/** The database, with its tables as this version wants them. */
final class Database implements AutoCloseable {
  private static final int CONNECTIONS = 8;
  // Its own log of failures, a file beside it, would quote rows and is never deleted.
  private static final String EMBEDDED = ";WRITE_DELAY=0;TRACE_LEVEL_FILE=0";
  private static final String H2_FILE = "jdbc:h2:file:";
  private static final int TRIES = 5;
  private static final int PAUSE_MILLIS = 20;
  private static final int CONNECT_MILLIS = 5_000;
  private static final int CLOSED = 90_121;

  /**
   * H2 closes a database of which it could not write a page, once and for all that have it open;
   * whoever connects anew opens it again. Its connections say of themselves that they are valid.
   */
  private static final Set<Integer> DEAD = Set.of(CLOSED, 90_098, 50_000, 90_028, 90_030, 90_031);

  /** Of these, the ones that come before anything is done. */
  private static final Set<Integer> NOT_BEGUN = Set.of(CLOSED, 90_098);

  private static final Logger LOG = Logger.getLogger(Database.class);

  /**
   * Of PostgreSQL and H2: a transaction was undone because of another one, and would succeed alone.
   * So would one that added what another one added meanwhile, or refers to what it deleted.
   */
  private static final Set<String> UNDONE =
      Set.of("40001", "40P01", "90131", "HYT00", "23505", "23503");

  private final HikariDataSource pool;
  private final Jdbi jdbi;
  private final DatabaseClock clock;
  private final boolean embedded;
  private final Optional<Path> file;
  private final ReadWriteLock uses = new ReentrantReadWriteLock();
  private final Optional<GarbageCollector> garbage;

  /**
   * @param url {@code jdbc:h2:...} or {@code jdbc:postgresql:...}
   */
  Database(String url, Optional<String> user, Optional<String> password) {
    HikariConfig config = new HikariConfig();
    // By default H2 writes half a second after a commit; here it is to be written before. Written
    // to
    // the system, that is: it survives the death of this process. H2 does not force every commit to
    // the disk, so that a power cut may take the last ones; PostgreSQL forces each.
    embedded = url.startsWith("jdbc:h2:");
    file =
        url.startsWith(H2_FILE)
            ? Optional.of(Path.of(url.substring(H2_FILE.length()).split(";", 2)[0] + ".mv.db"))
            : Optional.empty();
    config.setJdbcUrl(embedded ? url + EMBEDDED : url);
    user.ifPresent(config::setUsername);
    password.ifPresent(config::setPassword);
    config.setMaximumPoolSize(CONNECTIONS);
    config.setConnectionTimeout(CONNECT_MILLIS);
    // Statements are written for it: each sees what others committed before it began.
    config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
    config.setPoolName("sessions");
    pool = new HikariDataSource(config);
    try {
      migrate();
    } catch (RuntimeException e) {
      pool.close();
      throw e;
    }
    protect();
    jdbi = Jdbi.create(pool);
    clock = new DatabaseClock(this);
    garbage = embedded ? Optional.of(new GarbageCollector(this::collect)) : Optional.empty();
  }

  /** Whether other orchestrators may work with it, too. */
  boolean isShared() {
    return !embedded;
  }

  /** Its time. */
  DatabaseClock clock() {
    return clock;
  }

  /** Opens a connection of its own, to listen. */
  Connection connect() throws SQLException {
    Properties properties = new Properties();
    Optional.ofNullable(pool.getUsername()).ifPresent(user -> properties.setProperty("user", user));
    Optional.ofNullable(pool.getPassword())
        .ifPresent(password -> properties.setProperty("password", password));
    properties.setProperty("connectTimeout", Integer.toString(CONNECT_MILLIS / 1000));
    properties.setProperty("tcpKeepAlive", "true");
    return DriverManager.getConnection(pool.getJdbcUrl(), properties);
  }

  private void migrate() {
    Flyway.configure(Database.class.getClassLoader())
        .dataSource(pool)
        .resourceProvider(new MigrationFiles())
        .load()
        .migrate();
  }

  /**
   * Works in one transaction.
   *
   * @param work done again if another transaction was in its way
   * @throws OwlException UNAVAILABLE if the database fails
   */
  <T> T transact(Function<Handle, T> work) {
    return again(() -> jdbi.inTransaction(work::apply));
  }

  /**
   * Works in one transaction that sees everything as it was at its begin.
   *
   * @throws OwlException UNAVAILABLE if the database fails
   */
  <T extends @Nullable Object> T snapshot(Function<Handle, T> work) {
    try {
      return once(() -> jdbi.inTransaction(TransactionIsolationLevel.REPEATABLE_READ, work::apply));
    } catch (JdbiException e) {
      LOG.error("The database failed", e);
      throw new OwlException(Fault.UNAVAILABLE, "", "the database cannot be used now", e);
    }
  }

  /** As {@link #transact}, with one statement, which is a transaction without being told. */
  <T> T execute(Function<Handle, T> work) {
    return again(() -> jdbi.withHandle(work::apply));
  }

  private <T> T again(Supplier<T> work) {
    for (int tries = 1; ; tries++) {
      try {
        return once(work);
      } catch (JdbiException e) {
        boolean again = isUndone(e);
        if (embedded && isAny(e, DEAD)) {
          pool.getHikariPoolMXBean().softEvictConnections();
          again |= isAny(e, NOT_BEGUN);
        }
        if (tries == TRIES || !again || !pause(tries)) {
          LOG.error("The database failed", e);
          throw new OwlException(Fault.UNAVAILABLE, "", "the database cannot be used now", e);
        }
      }
    }
  }

  private <T extends @Nullable Object> T once(Supplier<T> work) {
    uses.readLock().lock();
    try {
      return work.get();
    } finally {
      uses.readLock().unlock();
    }
  }

  /**
   * Rewrites the file of an embedded database, for what was deleted is still to be read in it. It
   * cannot be used meanwhile. A server does so by itself.
   *
   * @throws OwlException UNAVAILABLE if the database fails
   */
  void forget() {
    if (!embedded) {
      return;
    }
    uses.writeLock().lock();
    try (Connection last = pool.getConnection();
        Statement statement = last.createStatement()) {
      statement.execute("SHUTDOWN COMPACT");
    } catch (SQLException e) {
      if (e.getErrorCode() == CLOSED) {
        return; // So this statement always ends: with its database.
      }
      throw new OwlException(Fault.UNAVAILABLE, "", "the database cannot be used now", e);
    } finally {
      // The next connection opens the file again; these are of no use any more.
      pool.getHikariPoolMXBean().softEvictConnections();
      protect();
      uses.writeLock().unlock();
    }
  }

  /** Keeps the file of an embedded database small while it is used. */
  private void collect() throws SQLException {
    uses.readLock().lock();
    try {
      Optional<FileSpace> space;
      try (Connection connection = pool.getConnection()) {
        space = FileSpace.of(connection);
      }
      space.ifPresent(FileSpace::collect);
    } finally {
      uses.readLock().unlock();
    }
  }

  private static boolean isAny(Throwable failure, Set<Integer> codes) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql && codes.contains(sql.getErrorCode())) {
        return true;
      }
    }
    return false;
  }

  /**
   * Asks for nothing, to see whether it answers.
   *
   * @throws OwlException UNAVAILABLE if it does not
   */
  void check() {
    transact(row -> row.execute("SELECT 1"));
  }

  /** Closes the file of an embedded database to others. */
  private void protect() {
    if (file.isEmpty()) {
      return;
    }
    try {
      PrivateFiles.file(file.get());
    } catch (IOException e) {
      throw new OwlException(Fault.UNAVAILABLE, "", "the database cannot be used now", e);
    }
  }

  private static boolean isUndone(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql && UNDONE.contains(String.valueOf(sql.getSQLState()))) {
        return true;
      }
    }
    return false;
  }

  /** Whoever is in the way of whom, both wait, and not equally long. */
  private static boolean pause(int tries) {
    try {
      TimeUnit.MILLISECONDS.sleep(
          ThreadLocalRandom.current().nextLong((long) PAUSE_MILLIS << tries));
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public void close() {
    garbage.ifPresent(GarbageCollector::close);
    pool.close();
  }
}
