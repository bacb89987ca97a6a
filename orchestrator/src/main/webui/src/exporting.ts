// SPDX-License-Identifier: Apache-2.0
import type { Message, Session } from "#proto/owlmesh/chat/v1/chat";
import { isModelTold } from "./models";

/** The branch that is shown, for people: headings, texts as they are, pictures by their addresses. */
export function toMarkdown(title: string, messages: readonly Message[], imageUrl: (sha256: string) => string): string {
  const several = isModelTold([], messages);
  const parts = messages.map((message) => {
    const images = message.images.map(({ sha256 }, i) => `![Picture ${i + 1}](${imageUrl(sha256)})`);
    const answered = several && message.model !== "" ? `## Owl (${message.model})` : "## Owl";
    const heading = message.role === "ROLE_HUMAN" ? "## You" : answered;
    return [heading, ...images, message.text].filter((part) => part !== "").join("\n\n");
  });
  return [`# ${title}`, ...parts].join("\n\n").concat("\n");
}

/** All branches, for programs: one message a line, parents before their children. */
export function toJsonLines(session: Session, messages: readonly Message[]): string {
  return messages
    .map((message) =>
      JSON.stringify({
        session: session.id,
        id: message.id,
        parent: message.parentId,
        role: message.role === "ROLE_HUMAN" ? "human" : "ai",
        text: message.text,
        images: message.images.map(({ sha256 }) => sha256),
        state: message.state.replace("MESSAGE_STATE_", "").toLowerCase(),
        created_at: message.createdAt,
        ...(message.model === "" ? {} : { model: message.model }),
        ...(message.feedback === undefined ? {} : { feedback: message.feedback }),
      }),
    )
    .join("\n")
    .concat("\n");
}

/** A title as the name of a file. */
export function fileName(title: string, ending: string): string {
  const name = title.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "").slice(0, 60);
  return `${name || "conversation"}.${ending}`;
}
