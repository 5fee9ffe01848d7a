// Waiting that a signal ends.

import { TimeoutError } from "./failures.js";

/** What each signal is to end. One listener stands for all of it, since Node warns of more than ten. */
const actsOf = new WeakMap<AbortSignal, Set<(reason: unknown) => void>>();

/** Calls `act` once with the signal's reason, at once where it has ended already; what it returns forgets that again. */
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

/** A signal that ends with either of two, until it is released. */
export function eitherOf(first: AbortSignal, second?: AbortSignal): { signal: AbortSignal; release: () => void } {
    const own = new AbortController();
    const forget = [first, second].map((signal) => onAbort(signal, (reason) => own.abort(reason)));
    return { signal: own.signal, release: () => forget.forEach((each) => each()) };
}

/** What the work comes to, or the signal's reason where that is first; the work itself goes on. */
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

/** What the work comes to, or `TimeoutError` with these words where it takes too long; the work is told by its signal. */
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

/** A timer takes no more than this: beyond it, it would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

function after(milliseconds: number, act: () => void): { cancel: () => void } {
    const timer = setTimeout(act, Math.min(milliseconds, LONGEST_TIMER_MS));
    return { cancel: () => clearTimeout(timer) };
}
