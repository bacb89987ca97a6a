// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire.identity;

import io.netty.util.NetUtil;
import java.util.Locale;

/** Addresses that a server listens on. */
public final class Hosts {
  private Hosts() {}

  /** Whether nobody outside of this machine reaches a server that listens there. */
  public static boolean isLoopback(String host) {
    String name = bare(host);
    byte[] address = NetUtil.createByteArrayFromIpAddressString(name);
    if (address == null) {
      return name.equals("localhost");
    }
    if (address.length == 4) {
      return address[0] == 127;
    }
    for (int i = 0; i < 15; i++) {
      if (address[i] != 0) {
        return false;
      }
    }
    return address[15] == 1;
  }

  /** An address without the brackets that tell it from a port. */
  public static String bare(String host) {
    return host.toLowerCase(Locale.ROOT).replaceAll("[\\[\\]]", "");
  }
}
