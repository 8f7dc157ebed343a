// The application that the bench runs, as a user would write it. Executor threads and processes
// load it too.
import { createBackbeat, task } from 'backbeat'
import * as z from 'zod'
import type { Handle } from '../contender.ts'

let handle: Handle = () => undefined

/** Where the handler's calls go, in this process. */
export function handleWith(given: Handle): void {
  handle = given
}

export const job = task({
  name: 'bench.job',
  input: z.object({ at: z.number() }),
  run: (payload) => handle(payload),
})

/** Finished jobs of a second kind, and failed ones, for history to have something to be searched for. */
export const report = task({
  name: 'bench.report',
  input: z.object({ fails: z.boolean() }),
  tags: ({ fails }) => (fails ? ['shop=nord'] : ['shop=south']),
  run({ fails }) {
    if (fails) throw new Error('The warehouse did not answer')
    return { rows: 12 }
  },
})

export const ledger = task({
  name: 'bench.ledger',
  input: z.object({ items: z.int(), batch: z.int() }),
  run: ({ items, batch }, ctx) =>
    ctx.items(numbers(items), () => undefined, { key: (number) => `item-${number}`, batch, total: items }),
})

function* numbers(count: number): Generator<number> {
  for (let number = 0; number < count; number++) yield number
}

export const backbeat = createBackbeat({
  module: import.meta.url,
  store: process.env.BENCH_STORE ?? 'sqlite::memory:',
  tasks: [job, report, ledger],
})
