/** What every job of the bench carries. */
export interface Payload {
  /** When it was asked for, by the machine's monotonic clock in milliseconds; 0 where nobody times it. */
  at: number
}

/** What every handler does: its first and only line. */
export type Handle = (payload: Payload) => void

/** What may be changed from the command line while tuning. */
export interface Tuning {
  /** How many jobs a Backbeat worker runs at the same time. */
  concurrency?: number
}

/**
 * The contenders that are no libraries, and nobody's peers, and whose place each takes: they show how little
 * the same can cost.
 */
export const LIMITS: Readonly<Record<string, string>> = {
  'postgres-floor': 'backbeat-postgres',
  'sqlite-floor': 'backbeat-sqlite',
}

/** Where a contender keeps its jobs. */
export type Server = 'postgres' | 'redis' | 'file'

/** One library in one way of using it. */
export interface Contender {
  name: string
  /** The npm package. */
  library: string
  server: Server
  keepsHistory: boolean
  /** What a user gets: history kept or deleted, one call per job or per batch. */
  contract: string
  /** Which settings it runs with, other than its defaults. */
  settings: string
  /** Who enqueues in exactly the same way, so that it need not be measured twice. */
  enqueuesAs?: string
  /** Whether handlers run in the worker's own process, where their calls can be counted. */
  countsCalls: boolean
  /** For a drain larger than this it would take too long. */
  maxJobs?: number
  /** It cannot hold more finished jobs than this on an ordinary machine. */
  maxHistory?: number
  /** Takes part in the measure of pools only. */
  pool?: 'inline' | 'threads' | 'processes'
  /** Loads the library and connects; creates tables where they are missing. */
  connect(url: string, handle: Handle, tuning: Tuning): Promise<Session>
}

/** A contender that is connected, in one process. */
export interface Session {
  /** Removes every job. Nobody else may be connected. */
  clear(): Promise<void>
  /** Brings the planner's statistics up to date and writes out what is dirty, so that no trial pays for the one before. */
  settleDown(): Promise<void>
  /** Adds finished jobs, made from really finished ones. */
  addHistory(count: number): Promise<void>
  /** In the fastest way that the library has. */
  enqueueBulk(count: number, at?: number): Promise<void>
  enqueueOne(at: number): Promise<void>
  /** Connects again where stopping a worker disconnected, so that starting one does not have to. */
  getReady(): Promise<void>
  startWorker(): Promise<void>
  stopWorker(): Promise<void>
  /** Whether no job waits or runs, by what the database says. */
  isSettled(): Promise<boolean>
  /** How many finished jobs are stored; `null` where they are deleted. */
  countFinished(): Promise<number | null>
  close(): Promise<void>
}
