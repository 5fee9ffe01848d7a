// The few parts of Node that the tests use in addition to the client's.

declare module "node:assert/strict" {
    const assert: {
        ok(value: unknown, message?: string): asserts value;
        equal(actual: unknown, expected: unknown, message?: string): void;
        deepEqual(actual: unknown, expected: unknown, message?: string): void;
        match(text: string, pattern: RegExp): void;
        rejects(work: Promise<unknown>, isExpected: (failure: any) => boolean): Promise<void>;
    };
    export default assert;
}

declare module "node:test" {
    export default function test(name: string, body: () => Promise<void>): void;
}

declare module "node:net" {
    export interface Socket {
        once(event: "drain", listener: () => void): this;
        readonly destroyed: boolean;
    }

    export interface Server {
        listen(port: number, host: string, listener: () => void): this;
        address(): { port: number };
        close(): this;
    }

    export function createServer(listener: (socket: Socket) => void): Server;
}
