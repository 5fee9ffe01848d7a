// What every call takes.

export interface CallOptions {
    /** Ends the call early: its promise is rejected with the signal's reason. A job that it began goes on. */
    signal?: AbortSignal;
}

/** The parameters with an idempotency key: a call that is sent again, since its connection broke, happens once. */
export function keyed<Params extends { idempotencyKey?: string }>(params: Params): Params {
    return { ...params, idempotencyKey: params.idempotencyKey ?? crypto.randomUUID() };
}
