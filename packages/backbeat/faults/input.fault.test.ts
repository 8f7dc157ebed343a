import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Client } from '../src/client/client.ts'
import { BackbeatError } from '../src/errors.ts'
import { isResting } from '../src/job/states.ts'
import type { Json } from '../src/json.ts'
import { databases } from './databases.ts'
import { report } from './expectations.ts'
import { createApp } from './fixtures/app.ts'
import { CHANNELS, HOSTILE_VALUES, type HostileValue } from './fixtures/hostile-tasks.ts'
import { Ground } from './ground.ts'
import { jobOf } from './load.ts'

const NAMES = Object.keys(HOSTILE_VALUES) as HostileValue[]
/** These are not JSON, or too much of it. */
const REFUSED: Partial<Record<HostileValue, string>> = {
  nested_100k: 'invalid_input',
  bigint: 'invalid_input',
  ten_megabytes: 'input_too_large',
  not_a_number: 'invalid_input',
}

describe.each(await databases())('$name: hostile values', (kind) => {
  let ground: Ground
  let app: ReturnType<typeof createApp>
  let client: Client
  let pids: number[]

  beforeAll(async () => {
    ground = await Ground.prepare(kind, { workers: 1, leaseMs: 5000 })
    app = createApp(ground.database.url)
    client = await app.open()
    pids = ground.fleet.pids()
  })

  afterAll(async () => {
    await app.close()
    await ground.close()
  })

  /** Lets the job come to rest, and makes sure that it left everything else as it was. */
  async function ending(id: string) {
    const job = await client.handle({ id, taskType: '' }).outcome({ signal: AbortSignal.timeout(30_000) })
    const after = jobOf('faults.strict', { shop: 'after' })
    await ground.store.insert([after])
    const next = await client.handle({ id: after.id, taskType: '' }).outcome({ signal: AbortSignal.timeout(30_000) })
    expect(next.status).toBe('completed')
    expect(ground.fleet.pids()).toEqual(pids)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
    return job
  }

  test.for(NAMES)('%s in an input is stored whole, or refused with a code', async (name, context) => {
    const value = HOSTILE_VALUES[name]() as Json
    const enqueued = client.enqueueByName('faults.any', value)
    if (REFUSED[name]) {
      await expect(enqueued).rejects.toBeInstanceOf(BackbeatError)
      await expect(enqueued).rejects.toMatchObject({ code: REFUSED[name] })
    } else {
      const { id } = await enqueued
      const job = await ending(id)
      expect(job).toMatchObject({ status: 'completed', attempt: 1 })
      expect(JSON.stringify(job.input)).toBe(JSON.stringify(value))
      expect(JSON.stringify((job.result as { seen: Json }).seen)).toBe(JSON.stringify(value))
    }
    report(context, row('input: hostile values'))
  })

  const said = CHANNELS.flatMap((channel) => NAMES.map((value) => ({ channel, value })))
  test.for(said)('$value in $channel ends its job in sight, and nothing else', async ({ channel, value }, context) => {
    const { id } = await client.enqueueByName('faults.hostile', { channel, value })
    const job = await ending(id)
    expect(isResting(job.status)).toBe(true)
    expect(await client.attempts(id)).toHaveLength(1)
    expect(job.attempt).toBe(1)
    if (job.status === 'failed') expect(job.errorMessage).toMatch(/./)
    // A record that nobody can load any more would be as good as lost.
    expect(JSON.stringify(job).length).toBeLessThan(12 * 1024 * 1024)
    const { entries } = await client.logs(id)
    expect(JSON.stringify(entries).length).toBeLessThan(12 * 1024 * 1024)
    report(context, row(`${channel}: hostile values`))
  })

  test('a task that nobody knows fails once, and says so', async (context) => {
    const job = jobOf('faults.renamed_since', {}, { maxAttempts: 4 })
    await ground.store.insert([job])
    expect(await ending(job.id)).toMatchObject({ status: 'failed', errorType: 'UnknownTaskError', attempt: 1 })
    report(context, row('unknown task'))
  })

  test('an input that no longer fits its schema fails once, and says where', async (context) => {
    const job = jobOf('faults.strict', { store: 'nord' }, { maxAttempts: 4 })
    await ground.store.insert([job])
    const ended = await ending(job.id)
    expect(ended).toMatchObject({ status: 'failed', errorType: 'InvalidInputError', attempt: 1 })
    expect(ended.errorMessage).toContain('shop')
    report(context, row('schema that no longer fits'))
  })
})

function row(fault: string) {
  return { fault, injected: 1, inFlight: 0, lost: 0, doubled: 0, slowestRecoveryMs: null }
}
