// What boot.js finds in a worker, which the library of types for pages does not know.

/** What one of the engine's builds leaves behind: starts it. */
type WorkerEngine = (options: { module_or_path: Promise<Response> }) => Promise<unknown>;

declare const relaxed_engine: WorkerEngine;
declare const wasm_bindgen: WorkerEngine;

declare function importScripts(...addresses: string[]): void;

interface SyncAccess {
  getSize(): number;
  read(target: Uint8Array, options: { at: number }): number;
  close(): void;
}

interface FileSystemFileHandle {
  createSyncAccessHandle(options?: { mode: "read-only" }): Promise<SyncAccess>;
}

interface Navigator {
  /** Chromium's. */
  readonly deviceMemory?: number;
  /** Chromium's. */
  readonly connection?: { readonly saveData?: boolean };
}

interface Document {
  /** Chromium's. */
  readonly prerendering?: boolean;
}
