import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { systemClock } from '../clock.ts'
import type { ExecutorOptions } from './executor-options.ts'
import { ExecutorPool, type ExecutorPoolOptions } from './executor-pool.ts'
import type { ExecutorSettings, ToExecutor, ToWorker } from './messages.ts'
import type { Transport, TransportListener } from './transport.ts'

/** How long after its exit the last messages of a process may still arrive, in milliseconds. */
const LAST_MESSAGES_MS = 1000

/** Runs attempts in child processes: what one of them does to its own process, down to running out of memory, harms nobody else. */
export class ProcessPool extends ExecutorPool {
  constructor(executors: ExecutorOptions, options: ExecutorPoolOptions) {
    super((listener) => new ProcessTransport(executors, options.recycleBytes !== null, listener), options)
  }
}

class ProcessTransport implements Transport {
  readonly #child: ChildProcess

  constructor(
    { entry, module, storeUrl, maxHeapBytes }: ExecutorOptions,
    tellsMemory: boolean,
    listener: TransportListener,
  ) {
    const settings: ExecutorSettings = { module, storeUrl, tellsMemory }
    this.#child = fork(entry, {
      // The store's URL may hold a password, and everybody can read a process's arguments.
      env: { ...process.env, BACKBEAT_EXECUTOR: JSON.stringify(settings) },
      serialization: 'advanced',
      execArgv: execArgv(maxHeapBytes),
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#child.on('message', (messages) => listener.received(messages as ToWorker[]))
    this.#exit().then((reason) => listener.exited(reason))
  }

  send(messages: ToExecutor[]): void {
    // A process that is gone is met as its exit.
    if (this.#child.connected) this.#child.send(messages, () => undefined)
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  async #exit(): Promise<string> {
    const child = this.#child
    const disconnected = new Promise<void>((resolve) => child.once('disconnect', resolve))
    // A task that closes the channel leaves an executor that nobody can reach.
    disconnected.then(() => this.kill())
    try {
      const [code, signal] = await once(child, 'exit')
      const { promise: waited, resolve } = Promise.withResolvers<void>()
      const timer = systemClock.setTimer(resolve, LAST_MESSAGES_MS)
      await Promise.race([disconnected, waited])
      timer.cancel()
      return signal === null ? `The executor exited with code ${code}` : describeSignal(signal)
    } catch (error) {
      return `The executor could not be started: ${(error as Error).message}`
    }
  }
}

function describeSignal(signal: string): string {
  // This is also how V8 ends a process whose heap is full.
  const cause = signal === 'SIGABRT' ? ', as happens when it runs out of memory' : ''
  return `The executor was ended by ${signal}${cause}`
}

/** As this process was started, so that conditions and loaders apply; but two processes cannot share an inspector's port. */
function execArgv(maxHeapBytes: number | null): string[] {
  const inherited = process.execArgv.filter((argument) => !argument.startsWith('--inspect'))
  return maxHeapBytes === null
    ? inherited
    : [...inherited, `--max-old-space-size=${Math.ceil(maxHeapBytes / 1024 ** 2)}`]
}
