import { setFlagsFromString } from 'node:v8'
import { Worker as Thread } from 'node:worker_threads'
import type { ExecutorOptions } from './executor-options.ts'
import { ExecutorPool, type ExecutorPoolOptions } from './executor-pool.ts'
import type { ExecutorSettings, ToExecutor, ToWorker } from './messages.ts'
import type { Transport, TransportListener } from './transport.ts'

/** Runs attempts in threads: light, and ended at any time, but they share the fate of their process. */
export class ThreadPool extends ExecutorPool {
  constructor(executors: ExecutorOptions, options: ExecutorPoolOptions) {
    keepWasmWrappersGeneric()
    super((listener) => new ThreadTransport(executors, options.recycleBytes !== null, listener), options)
  }
}

/**
 * V8 keeps the compiled wrapper of a WebAssembly import once for all threads, and may free it twice
 * when one thread ends while another asks for it; then the whole process dies. The generic wrapper,
 * which serves until an import was called so many times, is not affected: see decision 18.
 */
function keepWasmWrappersGeneric(): void {
  setFlagsFromString('--wasm-wrapper-tiering-budget=2147483647')
}

class ThreadTransport implements Transport {
  readonly #thread: Thread

  constructor(
    { entry, module, storeUrl, maxHeapBytes }: ExecutorOptions,
    tellsMemory: boolean,
    listener: TransportListener,
  ) {
    this.#thread = new Thread(entry, {
      name: 'backbeat executor',
      workerData: { module, storeUrl, tellsMemory } satisfies ExecutorSettings,
      resourceLimits: maxHeapBytes === null ? {} : { maxOldGenerationSizeMb: Math.ceil(maxHeapBytes / 1024 ** 2) },
    })
    let failure: string | undefined
    this.#thread.on('message', (messages: ToWorker[]) => listener.received(messages))
    this.#thread.on('error', (error) => {
      const { code, message } = error as Error & { code?: unknown }
      failure = code === 'ERR_WORKER_OUT_OF_MEMORY' ? `The executor ran out of memory (${message})` : message
    })
    this.#thread.on('exit', (code) => listener.exited(failure ?? `The executor exited with code ${code}`))
  }

  send(messages: ToExecutor[]): void {
    this.#thread.postMessage(messages)
  }

  kill(): void {
    void this.#thread.terminate()
  }
}
