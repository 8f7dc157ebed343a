import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WorkerStats } from '../src/index.ts'
import { until } from './waiting.ts'

const WORKER = new URL('./fixtures/worker-process.ts', import.meta.url)
const NODE_FLAGS = ['--conditions=backbeat-source', '--disable-warning=ExperimentalWarning']

/** Harm that was done to a worker process, by us or by a task that it ran. */
export interface Harm {
  pid: number
  kind: 'killed' | 'paused' | 'stopped'
  at: number
}

export interface FleetOptions {
  /** The store's url, as workers reach it. */
  store: string
  /** Where the workers' logs go. */
  folder: string
  size: number
  lease: string
  concurrency: number
  /** Further flags for the workers' Node. */
  nodeFlags?: readonly string[]
}

/** Of this package: the one that is, or the one that comes after it. */
export type Version = 'this' | 'next'

/** Worker processes on one store. Those that end are replaced, as a supervisor would, until it closes. */
export class Fleet {
  readonly harms: Harm[] = []
  readonly #options: FleetOptions
  readonly #workers = new Map<number, { child: ChildProcess; ready: boolean; paused: boolean }>()
  readonly #log: string
  /** How many processes were started; bounded, because a worker that cannot start would be started forever. */
  #starts = 0
  #closed = false
  readonly #endAll = () => {
    for (const { child } of this.#workers.values()) child.kill('SIGKILL')
  }

  constructor(options: FleetOptions) {
    this.#options = options
    this.#log = join(options.folder, 'workers.log')
    process.once('exit', this.#endAll)
  }

  /** Resolves when every worker takes jobs. */
  async start(): Promise<void> {
    for (let count = 0; count < this.#options.size; count += 1) this.#startOne()
    await this.whole()
  }

  /** Starts one worker more, and resolves with its number when it takes jobs. */
  async addOne(version: Version = 'this'): Promise<number> {
    const pid = this.#startOne(version)
    await until('the new worker is ready', () => this.pids().includes(pid))
    return pid
  }

  /** Resolves when as many workers as there should be take jobs. */
  whole(): Promise<void> {
    return until('every worker is ready', () => this.pids().length === this.#options.size)
  }

  /** The workers that take jobs and are not paused. */
  pids(): number[] {
    return [...this.#workers].filter(([, { ready, paused }]) => ready && !paused).map(([pid]) => pid)
  }

  /** What the workers have logged, joined. */
  log(): string {
    return existsSync(this.#log) ? readFileSync(this.#log, 'utf8') : ''
  }

  /** What a worker says of itself. */
  async stats(pid: number): Promise<WorkerStats> {
    const worker = this.#workers.get(pid)
    if (!worker) throw new Error(`No worker has the pid ${pid}`)
    const answered = once(worker.child, 'message')
    worker.child.send('stats')
    return (await answered)[0]
  }

  async kill(pid: number): Promise<void> {
    await this.#end(pid, 'SIGKILL')
  }

  /** Asks a worker to stop, as a deployment does. */
  async stop(pid: number): Promise<void> {
    this.harms.push({ pid, kind: 'stopped', at: Date.now() })
    await this.#end(pid, 'SIGTERM')
  }

  pause(pid: number): void {
    const worker = this.#workers.get(pid)
    if (!worker) return
    worker.paused = true
    this.harms.push({ pid, kind: 'paused', at: Date.now() })
    worker.child.kill('SIGSTOP')
  }

  resume(pid: number): void {
    const worker = this.#workers.get(pid)
    if (!worker) return
    worker.paused = false
    worker.child.kill('SIGCONT')
  }

  /** Ends every worker and starts no more. */
  async close(): Promise<void> {
    this.#closed = true
    process.off('exit', this.#endAll)
    this.#endAll()
    await until('every worker is gone', () => this.#workers.size === 0)
  }

  async #end(pid: number, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const worker = this.#workers.get(pid)
    if (!worker) return
    const exited = once(worker.child, 'exit')
    worker.child.kill(signal)
    await exited
  }

  #startOne(version: Version = 'this'): number {
    if (++this.#starts > 5000) throw new Error('Workers end as soon as they start')
    const { store, lease, concurrency, nodeFlags = [] } = this.#options
    // A file, because a pipe that nobody reads would block a worker.
    const log = openSync(this.#log, 'a')
    const child = fork(WORKER, [store, lease, String(concurrency), version], {
      execArgv: [...NODE_FLAGS, ...nodeFlags],
      stdio: ['ignore', log, log, 'ipc'],
    })
    closeSync(log)
    const { pid } = child
    if (pid === undefined) throw new Error('A worker process could not be started')
    const worker = { child, ready: false, paused: false }
    this.#workers.set(pid, worker)
    child.once('message', () => {
      worker.ready = true
    })
    child.once('exit', (_, signal) => {
      if (signal === 'SIGKILL') this.harms.push({ pid, kind: 'killed', at: Date.now() })
      this.#workers.delete(pid)
      // One that could not start is not started again at once.
      setTimeout(() => this.#restartOne(version), worker.ready ? 0 : 200).unref()
    })
    return pid
  }

  #restartOne(version: Version): void {
    if (!this.#closed) this.#startOne(version)
  }
}
