// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire.identity;

import io.grpc.Context;
import io.owlmesh.core.identity.Role;
import io.owlmesh.core.identity.Tenant;
import java.net.InetSocketAddress;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who asks: known to the doors by a credential, to a stage by what the orchestrator says. Where no
 * credential is asked for, a caller is its address.
 *
 * @param id of a key ({@code key:ID}), the subject of a token, or an address
 * @param tenant whose conversations it sees; empty where nobody has a credential
 * @param roles none for a token that names none
 */
public record Caller(String id, String tenant, Set<Role> roles) {
  private static final Context.Key<Caller> CURRENT = Context.key("owl-caller");

  public Caller {
    roles = Set.copyOf(roles);
  }

  /**
   * A caller without a credential, where none is needed: its address, or, on this machine, its
   * connection. Behind a proxy, all callers of one connection are one.
   */
  public static Caller anonymous(InetSocketAddress from) {
    boolean local = from.getAddress() != null && from.getAddress().isLoopbackAddress();
    String id = local ? "local:" + from.getPort() : from.getHostString();
    return new Caller(id, "", EnumSet.allOf(Role.class));
  }

  /** Whether this caller may do what needs a role. */
  public boolean may(Role needed) {
    return roles.stream().anyMatch(role -> role.includes(needed));
  }

  /**
   * Whether this caller may do what concerns all tenants: those of the default one run the mesh.
   */
  public boolean runsMesh(Role needed) {
    return owner().isDefault() && may(needed);
  }

  /** Whose conversations it sees: those of its tenant, or of the default one if it has none. */
  public Tenant owner() {
    return tenant.isEmpty() ? Tenant.DEFAULT : new Tenant(tenant);
  }

  /** By which its shares of memory and places are counted. */
  public String name() {
    return tenant.isEmpty() ? id : tenant + "/" + id;
  }

  /** The current context, with this caller. */
  public Context context() {
    return Context.current().withValue(CURRENT, this);
  }

  /** The caller of the current context, if there is one. */
  public static @Nullable Caller current() {
    return CURRENT.get();
  }

  /** Whose conversations the current caller sees. */
  public static Tenant currentOwner() {
    Caller caller = current();
    return caller == null ? Tenant.DEFAULT : caller.owner();
  }

  /** The name of the current caller; empty if there is none. */
  public static String currentName() {
    Caller caller = current();
    return caller == null ? "" : caller.name();
  }
}
