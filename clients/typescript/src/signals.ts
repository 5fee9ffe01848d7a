// Waits that a signal ends.

import { TimeoutError } from "./failures.js";

/** The actions of each signal. One listener calls all of them, since Node warns about more than ten. */
const actsOf = new WeakMap<AbortSignal, Set<(reason: unknown) => void>>();

/**
 * Calls `act` once with the signal's reason, at once if the signal has ended already. Returns a function that removes
 * `act`.
 */
export function onAbort(signal: AbortSignal | undefined, act: (reason: unknown) => void): () => void {
    if (!signal) return () => {};
    if (signal.aborted) {
        act(signal.reason);
        return () => {};
    }
    const acts = actsOf.get(signal) ?? listen(signal);
    acts.add(act);
    return () => acts.delete(act);
}

function listen(signal: AbortSignal): Set<(reason: unknown) => void> {
    const acts = new Set<(reason: unknown) => void>();
    signal.addEventListener("abort", () => [...acts].forEach((act) => act(signal.reason)), { once: true });
    actsOf.set(signal, acts);
    return acts;
}

/** Returns a signal that ends with either of two, until it is released. */
export function eitherOf(first: AbortSignal, second?: AbortSignal): { signal: AbortSignal; release: () => void } {
    const own = new AbortController();
    const forget = [first, second].map((signal) => onAbort(signal, (reason) => own.abort(reason)));
    return { signal: own.signal, release: () => forget.forEach((each) => each()) };
}

/**
 * Returns the result of the work, or rejects with the signal's reason if that comes first; the work itself continues.
 */
export function abortable<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
    return new Promise((resolve, reject) => {
        const forget = onAbort(signal, reject);
        work.then(resolve, reject).finally(forget);
    });
}

export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
        const timer = after(milliseconds, () => {
            forget();
            resolve();
        });
        const forget = onAbort(signal, (reason) => {
            timer.cancel();
            reject(reason);
        });
    });
}

/**
 * Returns the result of the work, or rejects with `TimeoutError` and this text if the work takes too long; its signal
 * then ends.
 */
export async function within<Value>(
    milliseconds: number, words: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
    const limit = new AbortController();
    const timer = after(milliseconds, () => limit.abort(new TimeoutError(words)));
    const { signal: either, release } = eitherOf(signal, limit.signal);
    try {
        return await work(either);
    } finally {
        timer.cancel();
        release();
    }
}

/** The longest delay of a timer: a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

function after(milliseconds: number, act: () => void): { cancel: () => void } {
    const timer = setTimeout(act, Math.min(milliseconds, LONGEST_TIMER_MS));
    return { cancel: () => clearTimeout(timer) };
}
