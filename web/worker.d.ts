// What boot.js finds in a worker, which the library of types for pages does not know.

/** What one of the engine's builds leaves behind: starts it. */
type WorkerEngine = (options: { module_or_path: Promise<Response> }) => Promise<unknown>;

declare const relaxed_engine: WorkerEngine;
declare const wasm_bindgen: WorkerEngine;

declare function importScripts(...addresses: string[]): void;

interface SyncAccess {
  getSize(): number;
  read(target: Uint8Array, options: { at: number }): number;
  truncate(size: number): void;
  write(content: Uint8Array): number;
  close(): void;
}

/** A file that is kept. */
interface KeptFile {
  name: string;
  size: number;
  read(): Promise<Uint8Array<ArrayBuffer>>;
}

/** Where files are kept by their names. */
interface Shelf {
  names(): Promise<string[]>;
  open(name: string): Promise<KeptFile>;
  write(name: string, content: Uint8Array<ArrayBuffer>): Promise<void>;
  remove(name: string): Promise<unknown>;
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

// What sw.js finds in a service worker.

interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}

interface FetchEvent extends ExtendableEvent {
  readonly request: Request;
  /** The window that is opened with the answer; empty where none is. */
  readonly resultingClientId: string;
  respondWith(response: Promise<Response>): void;
}

interface WindowEventMap {
  install: ExtendableEvent;
  activate: ExtendableEvent;
  fetch: FetchEvent;
}

declare const registration: ServiceWorkerRegistration;

declare const clients: {
  claim(): Promise<void>;
  matchAll(options: { type: "window"; includeUncontrolled: boolean }): Promise<{ id: string; url: string }[]>;
};

declare function skipWaiting(): Promise<void>;
