/** The globals of a service worker that ours uses: TypeScript has them in a library that excludes the page's. */
import type { Route } from '../routes.ts'

export interface FetchEvent {
  readonly request: Request
  readonly clientId: string
  respondWith(response: Promise<Response>): void
  waitUntil(work: Promise<unknown>): void
}

export interface InstallEvent {
  waitUntil(work: Promise<unknown>): void
  /** Static routing, where the browser has it. Conditions that it does not know are refused. */
  addRoutes?(rules: readonly Route[]): Promise<void>
}

export interface Client {
  readonly id: string
  postMessage(message: unknown): void
}

interface MessageFromPage {
  readonly data: unknown
  readonly source: Client
  readonly ports: readonly MessagePort[]
}

interface Events {
  readonly fetch: FetchEvent
  readonly install: InstallEvent
  readonly activate: InstallEvent
  readonly message: MessageFromPage
}

export interface WorkerScope {
  readonly location: Location
  readonly clients: {
    claim(): Promise<void>
    /** Windows that this worker controls. */
    matchAll(): Promise<readonly Client[]>
  }
  readonly registration: { unregister(): Promise<boolean> }
  skipWaiting(): Promise<void>
  addEventListener<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): void
  shoalFetch?(event: FetchEvent): boolean
  shoalTable?: unknown
}
