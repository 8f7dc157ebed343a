import type { ToExecutor, ToWorker } from './messages.ts'

/** What a transport tells about its executor. */
export interface TransportListener {
  received(messages: readonly ToWorker[]): void
  /** Called once, after everything that the executor had sent was received. */
  exited(reason: string): void
}

/** The way to an executor: to a thread or to a process. Messages arrive in the order in which they were sent. */
export interface Transport {
  /** Messages to an executor that has ended are dropped. */
  send(messages: ToExecutor[]): void
  /** Ends the executor, whatever it does; `exited` follows. */
  kill(): void
}

/** Starts an executor. */
export type OpenTransport = (listener: TransportListener) => Transport
