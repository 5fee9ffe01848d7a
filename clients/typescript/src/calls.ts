// Options and parameters of all calls.

export interface CallOptions {
    /** Ends the call early: its promise is rejected with the signal's reason. A job that the call began continues. */
    signal?: AbortSignal;
}

/**
 * Returns the parameters with an idempotency key, so that a call that is repeated after a broken connection takes
 * effect once.
 */
export function keyed<Params extends { idempotencyKey?: string }>(params: Params): Params {
    return { ...params, idempotencyKey: params.idempotencyKey ?? crypto.randomUUID() };
}
