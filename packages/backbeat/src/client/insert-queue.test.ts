import { describe, expect, onTestFinished, test } from 'vitest'
import * as z from 'zod'
import { openStore } from '../open-store.ts'
import type { NewJob } from '../store/store.ts'
import { task } from '../task/define.ts'
import { TaskRegistry } from '../task/registry.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { Client } from './client.ts'

const echo = task({ name: 'demo.echo', input: z.object({ n: z.int() }), run: ({ n }) => n })
const single = task({
  name: 'demo.single',
  input: z.object({ key: z.string() }),
  unique: { key: ({ key }) => key },
  run: () => null,
})

/** A client on a real store, and the sizes of the transactions in which it stores. */
async function openClient() {
  const clock = new ManualClock()
  const store = await openStore('sqlite::memory:', clock)
  onTestFinished(() => store.close())
  await store.migrate()
  const sizes: number[] = []
  const insert = store.insert.bind(store)
  store.insert = (jobs: readonly NewJob[], transaction?: object) => {
    sizes.push(jobs.length)
    return insert(jobs, transaction)
  }
  const registry = new TaskRegistry()
  for (const one of [echo, single]) registry.add(one, 'the test')
  return { client: new Client(store, registry, clock), store, sizes }
}

describe('single jobs that are enqueued', () => {
  test('together are stored together, each with its own input', async () => {
    const { client, sizes } = await openClient()
    const handles = await Promise.all(Array.from({ length: 50 }, (_, n) => client.enqueue(echo, { n })))
    expect(sizes.length).toBeLessThan(5)
    expect(sizes.reduce((sum, size) => sum + size)).toBe(50)
    for (const [n, handle] of handles.entries()) expect(await handle.get()).toMatchObject({ input: { n } })
  })

  test('together keep their own delay and expiry', async () => {
    const { client } = await openClient()
    const options = [{}, {}, { delay: '1h' }, { expires: '2h' }, {}] as const
    const handles = await Promise.all(options.map((each, n) => client.enqueue(echo, { n }, each)))
    const jobs = await Promise.all(handles.map((handle) => handle.get()))
    const hours = (ms: number | null, since: number) => (ms === null ? null : (ms - since) / 3_600_000)
    expect(
      jobs.map(({ createdAt, runAt, expiresAt }) => [hours(runAt, createdAt), hours(expiresAt, createdAt)]),
    ).toEqual([
      [0, null],
      [0, null],
      [1, null],
      [0, 2],
      [0, null],
    ])
  })

  test('one after the other are stored one by one', async () => {
    const { client, sizes } = await openClient()
    for (let n = 0; n < 3; n += 1) await client.enqueue(echo, { n })
    expect(sizes).toEqual([1, 1, 1])
  })

  test('with a unique key have a transaction of their own', async () => {
    const { client, sizes } = await openClient()
    const enqueued = await Promise.allSettled([
      client.enqueue(single, { key: 'a' }),
      client.enqueue(echo, { n: 1 }),
      client.enqueue(single, { key: 'a' }),
    ])
    expect(enqueued.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    expect(sizes).toEqual([1, 1, 1])
  })

  test('while the store is away are all refused, and those that come later are not', async () => {
    const { client, store } = await openClient()
    const { insert } = store
    store.insert = () => Promise.reject(new Error('away'))
    const enqueued = await Promise.allSettled([client.enqueue(echo, { n: 1 }), client.enqueue(echo, { n: 2 })])
    expect(enqueued.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    store.insert = insert
    expect(await (await client.enqueue(echo, { n: 3 })).get()).toMatchObject({ input: { n: 3 } })
  })
})
