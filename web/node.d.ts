// As much of Node.js as web/package needs; its own types would have to be installed.

declare module "node:fs/promises" {
  export function readFile(address: URL): Promise<Uint8Array<ArrayBuffer>>;
}

declare module "node:url" {
  export function pathToFileURL(path: string): URL;
}

declare module "node:worker_threads" {
  interface Port {
    on(event: "message", hear: (data: string) => void): void;
    postMessage(message: unknown): void;
  }
  export class Worker implements Port {
    constructor(address: URL);
    on(event: "message", hear: (data: string) => void): void;
    on(event: "error", hear: (error: Error) => void): void;
    postMessage(message: unknown): void;
    terminate(): Promise<number>;
  }
  export const parentPort: Port | null;
}
