// The application that executors load in the conformance suite of the pools.
import { appendFileSync } from 'node:fs'
import { threadId } from 'node:worker_threads'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { Application, type ResourceFactories, registerApplication } from '../../application.ts'
import type { Json } from '../../json.ts'
import type { TaskContext } from '../../task/context.ts'
import { task } from '../../task/define.ts'

interface Saboteur {
  tripped: boolean
}

const anything: StandardSchemaV1<Json> = {
  '~standard': { version: 1, vendor: 'backbeat', validate: (value) => ({ value: value as Json }) },
}

/** Names this executor. */
function whoAmI(): string {
  return `${process.pid}:${threadId}`
}

function define(name: string, run: (input: Json, ctx: TaskContext & { saboteur: Saboteur }) => unknown) {
  return task({
    name: `pool.${name}`,
    input: anything,
    run: (input, ctx) => run(input, ctx as unknown as TaskContext & { saboteur: Saboteur }) as object,
  })
}

const never = () => new Promise<never>(() => {})
const tellStarted = (ctx: TaskContext) => ctx.progress(1, 'started', whoAmI())
const retained: unknown[] = []

const tasks = [
  define('echo', (input) => input),
  define('identify', whoAmI),
  define('fail', () => {
    throw new RangeError('out of range')
  }),
  define('tell', (_, ctx) => {
    ctx.log.warn('careful', { row: 3 })
    ctx.progress({ current: 2, total: 5 }, 'file 2 of 5', { file: 'b' })
  }),
  define('items', (input, ctx) => ctx.items(input as string[], () => {}, { key: (key) => key, batch: 2 })),
  /** Runs until it is told to stop, and gives up with the reason. */
  define('wait', (_, ctx) => {
    tellStarted(ctx)
    return new Promise((_resolve, reject) => {
      ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason))
    })
  }),
  /** Runs until it is told to stop, and answers with the name of the reason. */
  define('obey', (_, ctx) => {
    tellStarted(ctx)
    return new Promise((resolve) => {
      ctx.signal.addEventListener('abort', () => resolve({ executor: whoAmI(), reason: ctx.signal.reason.name }))
    })
  }),
  define('busy', (_, ctx) => {
    tellStarted(ctx)
    for (;;);
  }),
  define('throw', () => {
    setTimeout(() => {
      throw new RangeError('nobody caught this')
    }, 0)
    return never()
  }),
  define('reject', () => {
    void (async () => {
      await null
      throw new RangeError('nobody awaited this')
    })()
    return never()
  }),
  define('exit', () => process.exit(3)),
  /** Ends well, but leaves an error behind. */
  define('stray', () => {
    setTimeout(() => {
      throw new RangeError('too late')
    }, 0)
    return 'ended well'
  }),
  /** Brings the executor down in a way that does not show whose doing it is. */
  define('sabotage', (_, ctx) => {
    ctx.saboteur.tripped = true
    return never()
  }),
  define('hoard', () => {
    // Filled, so that the memory is really there.
    retained.push(Buffer.alloc(256 * 1024 ** 2, 1))
    return whoAmI()
  }),
  define('overflow', () => {
    for (;;) retained.push({ some: Array.from({ length: 100 }, Math.random) })
  }),
]

/** @param journal the file in which opening and closing the resource is written down */
export function createPoolApplication(journal: string, module?: string): Application {
  const note = (what: string) => appendFileSync(journal, `${what} ${whoAmI()}\n`)
  const resources = {
    saboteur() {
      const saboteur: Saboteur & Disposable = {
        tripped: false,
        [Symbol.dispose]() {
          clearInterval(watch)
          note('closed')
        },
      }
      const watch = setInterval(() => {
        if (saboteur.tripped) throw new Error('sabotage')
      }, 1)
      note('opened')
      return saboteur
    },
  }
  return new Application(tasks, resources as Partial<ResourceFactories>, module)
}

const journal = new URL(import.meta.url).searchParams.get('journal')
if (journal) registerApplication(import.meta.url, createPoolApplication(journal, import.meta.url))
