// Aura's client: one call creates a running, configured, always-on AI agent on its own machine.

export type { CallOptions } from "./calls.js";
export { Client, type ClientOptions } from "./client.js";
export * as errors from "./errors.js";
export { AuraError, CannotSend, ConnectionLost, JobFailed, ProtocolError, TimeoutError, type ErrorData } from "./failures.js";
export type { Subscription, SubscribeOptions } from "./subscription.js";
export * from "./types.js";
export type { WebSocketClass, WebSocketLike } from "./websocket.js";
