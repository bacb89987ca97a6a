// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.cli.option.Home;
import io.owlmesh.cli.option.MeshFlag;
import io.owlmesh.client.AdminClient;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.Tenant;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.proto.admin.v1.DeleteTenantResponse;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Looks after tenants: those that keep conversations apart from others'. */
@Command(
    name = "tenants",
    description = "Deletes what a tenant keeps.",
    sortOptions = false,
    footer = {
      "",
      "A tenant is there once a key or a token names it; see ./owl keys create --tenant."
    })
public final class TenantsCommand implements Runnable {
  private final Home home;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  public TenantsCommand(Home home) {
    this.home = home;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Say what to do: delete.");
  }

  @Command(
      name = "delete",
      description = "Deletes all sessions, ratings, images and files of a tenant.",
      footer = {"", "Its keys stay valid: revoke them first, or its callers may begin anew."})
  int delete(
      @Parameters(paramLabel = "NAME", description = "The tenant.") String name,
      @Option(names = "--yes", description = "It is meant; nothing is deleted without it.")
          boolean meant,
      @Mixin MeshFlag mesh)
      throws IOException, MeshException, AnswerFailed {
    Tenant tenant = tenant(name);
    if (!meant) {
      throw new ParameterException(
          spec.commandLine(),
          "This deletes all that the tenant %s keeps; --yes says that it is meant."
              .formatted(tenant));
    }
    try (AdminClient client = new AdminClient(mesh.address(home))) {
      DeleteTenantResponse deleted = client.deleteTenant(tenant.name());
      spec.commandLine()
          .getOut()
          .printf(
              "Deleted %d sessions and %d bytes of images of the tenant %s%n",
              deleted.getSessions(), deleted.getImageBytes(), tenant);
      spec.commandLine().getOut().flush();
    }
    return 0;
  }

  private Tenant tenant(String name) {
    try {
      return new Tenant(name);
    } catch (OwlException e) {
      throw new ParameterException(spec.commandLine(), "'" + name + "' is no name of a tenant.");
    }
  }
}
