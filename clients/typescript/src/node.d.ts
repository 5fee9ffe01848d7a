// The few parts of Node that this package uses, so that it builds without `@types/node`.

declare var process: {
    readonly env: Record<string, string | undefined>;
    readonly argv: string[];
    geteuid?(): number;
    exitCode: number | undefined;
    once(signal: "SIGTERM", listener: () => void): void;
};

declare module "node:fs" {
    export const constants: { O_RDONLY: number; O_NONBLOCK?: number };
    export function existsSync(path: string): boolean;
    export function openSync(path: string, flags: number): number;
    export function fstatSync(file: number): { uid: number; mode: number; isFile(): boolean };
    export function readSync(file: number, bytes: Uint8Array, offset: number, length: number, position: number): number;
    export function closeSync(file: number): void;
}

declare module "node:net" {
    export interface Socket {
        once(event: "connect" | "close", listener: () => void): this;
        on(event: "error", listener: (error: Error) => void): this;
        on(event: "data", listener: (text: string) => void): this;
        setEncoding(encoding: "utf8"): this;
        write(text: string): boolean;
        pause(): this;
        resume(): this;
        destroy(error?: Error): this;
        setKeepAlive(enable: boolean, initialDelayMs: number): this;
    }

    export function connect(address: { path: string } | { host: string; port: number }): Socket;
}
