// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * Tells addresses of the public internet from those that mean this machine, its network or nothing.
 */
final class PublicAddresses {
  /** IANA's special-purpose registries: what is not globally reachable, and what leads there. */
  private static final List<IpSubnetFilterRule> SPECIAL =
      List.of(
          rule("0.0.0.0", 8),
          rule("10.0.0.0", 8),
          rule("100.64.0.0", 10),
          rule("127.0.0.0", 8),
          rule("169.254.0.0", 16),
          rule("172.16.0.0", 12),
          rule("192.0.0.0", 24),
          rule("192.0.2.0", 24),
          rule("192.88.99.0", 24),
          rule("192.168.0.0", 16),
          rule("198.18.0.0", 15),
          rule("198.51.100.0", 24),
          rule("203.0.113.0", 24),
          rule("224.0.0.0", 4),
          rule("240.0.0.0", 4));

  /** Of the one block of IPv6 that is given to networks, what is not, or embeds other addresses. */
  private static final List<IpSubnetFilterRule> SPECIAL_GLOBAL =
      List.of(rule("2001::", 23), rule("2001:db8::", 32), rule("2002::", 16), rule("3fff::", 20));

  private PublicAddresses() {}

  private static IpSubnetFilterRule rule(String address, int bits) {
    return new IpSubnetFilterRule(address, bits, IpFilterRuleType.REJECT);
  }

  /** 2000::/3; rules of so few bits match addresses that begin with ones, too. */
  private static boolean isGlobal(InetAddress address) {
    return (address.getAddress()[0] & 0xe0) == 0x20;
  }

  /** Whether an address is one of the public internet. */
  static boolean contains(InetAddress address) {
    InetSocketAddress socket = new InetSocketAddress(address, 0);
    // Java makes IPv4 addresses of those that IPv6 maps.
    if (address.getAddress().length == 4) {
      return SPECIAL.stream().noneMatch(rule -> rule.matches(socket));
    }
    return isGlobal(address) && SPECIAL_GLOBAL.stream().noneMatch(r -> r.matches(socket));
  }
}
