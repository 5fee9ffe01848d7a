// The few parts of Node that this package uses, so that it builds without `@types/node`.

declare var process: {
    readonly env: Record<string, string | undefined>;
    readonly argv: string[];
    exitCode: number | undefined;
    once(signal: "SIGTERM", listener: () => void): void;
};

declare module "node:fs" {
    export function existsSync(path: string): boolean;
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
