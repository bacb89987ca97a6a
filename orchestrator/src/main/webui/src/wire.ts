// SPDX-License-Identifier: Apache-2.0
// What the mesh sends and takes: chat.proto in its JSON form, where whole numbers of 64 bits are strings.

export type Role = "ROLE_HUMAN" | "ROLE_AI";

export type MessageState =
  | "MESSAGE_STATE_COMPLETE"
  | "MESSAGE_STATE_ANSWERING"
  | "MESSAGE_STATE_STOPPED"
  | "MESSAGE_STATE_INTERRUPTED"
  | "MESSAGE_STATE_FAILED";

export type Rating = "RATING_UNSPECIFIED" | "RATING_UP" | "RATING_DOWN" | "RATING_FLAG";

export interface Mesh {
  context: number;
  visualTokens: number;
  adapters: string[];
  defaultAdapter: string;
  maxImages: number;
  maxImageBytes: string;
  digests: string[];
  model: string;
}

export interface AnswerOptions {
  maxNewTokens?: number;
  temperature?: number;
  topK?: number;
  topP?: number;
  seed?: string;
  adapter?: string;
  minP?: number;
  repetitionPenalty?: number;
  presencePenalty?: number;
  frequencyPenalty?: number;
  noRepeatNgram?: number;
  stop?: string[];
  minNewTokens?: number;
  beams?: number;
  lengthPenalty?: number;
  earlyStopping?: boolean;
  regex?: string;
  jsonSchema?: string;
}

export interface SessionSettings {
  system?: string;
  model?: string;
  options?: AnswerOptions;
}

export interface Session {
  id: string;
  title: string;
  settings?: SessionSettings;
  createdAt: string;
  updatedAt: string;
  head: string;
}

export interface Image {
  sha256: string;
  mediaType: string;
  sizeBytes: string;
  width: number;
  height: number;
}

export interface Timings {
  totalMicros: string;
  firstTokenMicros: string;
  queueMicros: string;
  prepareMicros: string;
  visionMicros: string;
  abstractorMicros: string;
  prefillMicros: string;
  decodeMicros: string;
  hopsMicros: string;
}

export interface AnswerDone {
  reason: string;
  promptTokens: number;
  visualTokens: number;
  completionTokens: number;
  timings?: Timings;
  traceId: string;
  cachedImages: number;
  cachedPromptTokens: number;
  omittedMessages: number;
}

export interface Feedback {
  rating: Rating;
  note: string;
}

export interface Message {
  id: string;
  parentId: string;
  role: Role;
  text: string;
  images: Image[];
  state: MessageState;
  createdAt: string;
  answer?: AnswerDone;
  error: string;
  feedback?: Feedback;
}

export interface StageDone {
  stage: "STAGE_VISION" | "STAGE_ABSTRACTOR";
  imageIndex: number;
  cached: boolean;
}

export interface TurnEvent {
  accepted?: { question: Message; answer: Message };
  stage?: StageDone;
  text?: { text: string };
  done?: Message;
}

export interface TurnRequest {
  requestId: string;
  say?: { text: string; images: string[] };
  edit?: { messageId: string; text: string; images: string[] };
  regenerate?: { messageId: string };
}

export interface ErrorBody {
  message: string;
  type: string;
  param?: string | null;
  code?: string | null;
}
