// SPDX-License-Identifier: Apache-2.0
import type { Message, ModelState } from "#proto/owlmesh/chat/v1/chat";

/** Whether answers are to say which model gave them: there are several now, or there were in this conversation. */
export function isModelTold(models: readonly ModelState[], messages: readonly Message[]): boolean {
  const names = [...models, ...messages.map(({ model }) => ({ name: model }))].map(({ name }) => name);
  return models.length > 1 || new Set(names.filter((name) => name !== "")).size > 1;
}
