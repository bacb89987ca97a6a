// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.core.identity;

import io.owlmesh.core.OwlException;
import java.util.regex.Pattern;

/**
 * Whom conversations, images and files belong to: all callers of a tenant see them, and nobody else
 * can tell whether they are there.
 *
 * @param name of letters, digits, dots, underscores and hyphens, 64 characters at most
 */
public record Tenant(String name) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

  /** That of callers without a credential, and of what was kept before there were tenants. */
  public static final Tenant DEFAULT = new Tenant("default");

  /**
   * @throws OwlException BAD_INPUT, field {@code tenant}, if that is no name
   */
  public Tenant {
    if (!isName(name)) {
      throw OwlException.badInput("tenant", "'%s' does not match %s".formatted(name, NAME));
    }
  }

  /** Whether a tenant could have this name. */
  public static boolean isName(String text) {
    return NAME.matcher(text).matches();
  }

  /** Whether its operators and administrators look after the mesh itself. */
  public boolean isDefault() {
    return equals(DEFAULT);
  }

  @Override
  public String toString() {
    return name;
  }
}
