/** Returns an environment variable. A browser has no environment. */
export function environment(name: string): string | undefined {
    return typeof process === "undefined" ? undefined : process.env[name];
}
