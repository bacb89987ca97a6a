// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

import io.grpc.StatusRuntimeException;
import io.owlmesh.proto.admin.v1.AdminGrpc;
import io.owlmesh.proto.admin.v1.DeleteTenantRequest;
import io.owlmesh.proto.admin.v1.DeleteTenantResponse;
import io.owlmesh.proto.admin.v1.ListAuditRequest;
import io.owlmesh.proto.admin.v1.ListAuditResponse;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** What administrators and operators of tenants do, through an orchestrator. Every call blocks. */
public final class AdminClient implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final Address address;
  private final Connection connection;

  /**
   * Connects when first asked.
   *
   * @param address of an orchestrator
   */
  public AdminClient(Address address) {
    this.address = address;
    connection = new Connection(address);
  }

  /** Deletes all that a tenant keeps; what was deleted. */
  public DeleteTenantResponse deleteTenant(String tenant) throws AnswerFailed {
    try {
      return AdminGrpc.newBlockingStub(connection.channel())
          .withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
          .deleteTenant(DeleteTenantRequest.newBuilder().setTenant(tenant).build());
    } catch (StatusRuntimeException failed) {
      throw AnswerFailed.of(failed, address);
    }
  }

  /** Tells rows of the audit, the latest first. */
  public void audit(ListAuditRequest request, Consumer<ListAuditResponse> each)
      throws AnswerFailed {
    try {
      AdminGrpc.newBlockingStub(connection.channel())
          .withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
          .listAudit(request)
          .forEachRemaining(each);
    } catch (StatusRuntimeException failed) {
      throw AnswerFailed.of(failed, address);
    }
  }

  @Override
  public void close() {
    connection.close();
  }
}
