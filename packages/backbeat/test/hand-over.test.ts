import { expect, onTestFinished, test } from 'vitest'
import * as z from 'zod'
import { Backbeat } from '../src/backbeat.ts'
import { openStore } from '../src/open-store.ts'
import { task } from '../src/task/define.ts'

/** A worker with one slot, and how many jobs of its were claimed, and not handed over. */
async function openWorker() {
  const gates: (() => void)[] = []
  const order: string[] = []
  const gated = task({
    name: 'demo.gated',
    input: z.object({ name: z.string() }),
    run: ({ name }) => {
      order.push(name)
      return new Promise<null>((resolve) => gates.push(() => resolve(null)))
    },
  })
  let claimed = 0
  const idle = Promise.withResolvers<void>()
  const backbeat = new Backbeat(
    { store: 'sqlite::memory:', tasks: [gated], worker: { concurrency: 1, pool: 'inline' } },
    {
      openStore: async (...args) => {
        const store = await openStore(...args)
        const claim = store.claim.bind(store)
        store.claim = async (request) => {
          const claims = await claim(request)
          claimed += claims.jobs.length
          // After the worker has seen that there is nothing.
          setImmediate(idle.resolve)
          return claims
        }
        return store
      },
    },
  )
  onTestFinished(() => backbeat.close())
  await backbeat.startWorker()
  await idle.promise
  return { backbeat, gated, order, release: () => gates.shift()?.(), claimed: () => claimed }
}

test('a job goes straight to a free slot of the process that enqueues it', async () => {
  const { backbeat, gated, release, claimed } = await openWorker()
  const handle = await backbeat.enqueue(gated, { name: 'one' })
  expect(await handle.get()).toMatchObject({ status: 'running', attempt: 1 })
  release()
  expect(await handle.outcome()).toMatchObject({ status: 'completed' })
  expect(claimed()).toBe(0)
  expect(backbeat.workerStats()).toMatchObject({ claimed: 1, settled: 1 })
})

test('a job waits where no slot is free, and takes its turn', async () => {
  const { backbeat, gated, order, release, claimed } = await openWorker()
  const first = await backbeat.enqueue(gated, { name: 'first' })
  const low = await backbeat.enqueue(gated, { name: 'low' })
  const high = await backbeat.enqueue(gated, { name: 'high' }, { priority: 5 })
  expect(await low.get()).toMatchObject({ status: 'pending' })
  for (const handle of [first, high, low]) {
    release()
    await handle.outcome()
  }
  expect(order).toEqual(['first', 'high', 'low'])
  expect(claimed()).toBe(2)
})

test('a job for later waits for its time', async () => {
  const { backbeat, gated, order } = await openWorker()
  const handle = await backbeat.enqueue(gated, { name: 'later' }, { delay: '1h' })
  expect(await handle.get()).toMatchObject({ status: 'pending', attempt: 0 })
  expect(order).toEqual([])
})
