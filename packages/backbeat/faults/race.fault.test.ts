import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Outcome } from '../src/job/outcome.ts'
import { openStore } from '../src/open-store.ts'
import type { Cancellation, Insertion, NewJob, Store } from '../src/store/store.ts'
import { auditAttempts } from './audit-attempts.ts'
import { type DatabaseKind, databases } from './databases.ts'
import { report } from './expectations.ts'
import { jobOf } from './load.ts'
import { Race } from './race.ts'
import { sleep } from './waiting.ts'

const RACERS = 4
const JOBS = 60

/** A store with nothing in it, and processes that wait for the start. */
async function prepareRace(kind: DatabaseKind, racers = RACERS): Promise<{ store: Store; race: Race }> {
  const folder = mkdtempSync(join(tmpdir(), 'backbeat-faults-'))
  const database = await kind.create(folder)
  const store = await openStore(database.url)
  await store.migrate()
  const race = await Race.prepare(database.url, racers)
  onTestFinished(async () => {
    await race.close()
    await store.close()
    await database.drop()
    rmSync(folder, { recursive: true, force: true })
  })
  return { store, race }
}

function echoes(count: number, overrides: Partial<NewJob> = {}): NewJob[] {
  return Array.from({ length: count }, () => jobOf('faults.strict', { shop: 'nord' }, overrides))
}

async function claimAll(store: Store, leaseMs: number) {
  return (await store.claim({ worker: 'starter', limit: 1000, queues: null, leaseMs })).jobs
}

/** What is wrong with the records of these jobs. */
async function wrongWith(store: Store, ids: readonly string[]): Promise<string[]> {
  const wrong: string[] = []
  for (const id of ids) {
    const job = await store.get(id)
    if (!job) wrong.push(`${id} is missing`)
    else wrong.push(...auditAttempts({ job, attempts: await store.attempts(id), effects: [] }))
  }
  return wrong
}

function row(fault: string, injected: number) {
  return { fault, injected, inFlight: 0, lost: 0, doubled: 0, slowestRecoveryMs: null }
}

const error = { type: 'Error', message: 'no', at: 1 }
const timeLimit: Outcome = { kind: 'failure', transient: false, error: { ...error, type: 'HardTimeLimitError' } }

describe.each(await databases())('$name: a race', (kind) => {
  test('of 100 inserts of one unique key leaves exactly one', async (context) => {
    const { store, race } = await prepareRace(kind)
    const heat = () => ({ kind: 'insert' as const, jobs: echoes(25, { uniqueKey: 'only one' }) })
    const insertions = (await race.run<Insertion[]>([heat(), heat(), heat(), heat()])).flat()
    const winners = insertions.filter(({ inserted }) => inserted)
    expect(winners).toHaveLength(1)
    for (const loser of insertions) if (!loser.inserted) expect(loser.activeJobId).toBe(winners[0]?.id)
    expect((await store.list({}, { limit: 200 })).entries.map(({ id }) => id)).toEqual([winners[0]?.id])
    report(context, row('race: 100 unique inserts', 100))
  })

  test('of 50 workers that start at once gives each job to one of them', async (context) => {
    const { store, race } = await prepareRace(kind, 5)
    const jobs = echoes(500)
    await store.insert(jobs)
    const heats = Array.from({ length: 5 }, (_, index) => ({
      kind: 'claim' as const,
      worker: `r${index}`,
      clients: 10,
    }))
    const claimed = (await race.run<string[][]>(heats)).flat(2)
    expect(claimed).toHaveLength(jobs.length)
    expect(new Set(claimed)).toEqual(new Set(jobs.map(({ id }) => id)))
    report(context, row('race: 50 workers claim at once', 50))
  })

  test('of rescuers that sweep at once takes each job back once', async (context) => {
    const { store, race } = await prepareRace(kind)
    const jobs = echoes(150)
    await store.insert(jobs)
    await claimAll(store, 1)
    await sleep(50)
    const sweep = { kind: 'sweep' as const }
    const rescued = await race.run<number>([sweep, sweep, sweep, sweep])
    expect(rescued.reduce((sum, count) => sum + count, 0)).toBe(jobs.length)
    for (const { id } of jobs) {
      expect(await store.get(id)).toMatchObject({ status: 'pending', redeliveries: 1, attempt: 0 })
      expect((await store.attempts(id)).map(({ outcome }) => outcome)).toEqual(['lost'])
    }
    report(context, row('race: rescuers sweep at once', RACERS))
  })

  test('of retries of the same jobs leaves one new job of each, and the old ones as they are', async (context) => {
    const { store, race } = await prepareRace(kind)
    const jobs = echoes(20)
    await store.insert(jobs)
    const ids = jobs.map(({ id }) => id)
    await race.run([{ kind: 'settle', jobs: await claimAll(store, 60_000), outcome: timeLimit }])
    const before = await Promise.all(ids.map((id) => store.get(id)))
    const retry = { kind: 'retry' as const, ids }
    const answers = await race.run<string[]>([retry, retry, retry, retry])
    for (const index of ids.keys()) {
      expect(answers.map((codes) => codes[index]).sort()).toEqual([
        'already_running',
        'already_running',
        'already_running',
        'ok',
      ])
    }
    expect(await Promise.all(ids.map((id) => store.get(id)))).toEqual(before)
    const { entries } = await store.list({ status: ['pending'] }, { limit: 200 })
    expect(entries.map(({ retriedFromId }) => retriedFromId).sort()).toEqual([...ids].sort())
    report(context, row('race: retries of one job', RACERS * ids.length))
  })

  const endings: { name: string; outcome: Outcome; allowed: string[] }[] = [
    { name: 'finish', outcome: { kind: 'success', result: 1, warnings: [] }, allowed: ['completed', 'cancelled'] },
    { name: 'retry', outcome: { kind: 'failure', transient: true, error }, allowed: ['cancelled'] },
    { name: 'a time limit', outcome: timeLimit, allowed: ['failed', 'cancelled'] },
    { name: 'a lost worker', outcome: { kind: 'lost', reason: 'gone' }, allowed: ['cancelled'] },
  ]
  test.for(endings)('of cancel against $name has one winner', async ({ name, outcome, allowed }, context) => {
    const { store, race } = await prepareRace(kind, 2)
    const jobs = echoes(JOBS, { maxAttempts: 3 })
    await store.insert(jobs)
    const ids = jobs.map(({ id }) => id)
    // Each begins at another end, so that they meet in the middle.
    const claimed = (await claimAll(store, 60_000)).reverse()
    const [, cancellations = []] = await race.run<(string | Cancellation)[]>([
      { kind: 'settle', jobs: claimed, outcome },
      { kind: 'cancel', ids },
    ])
    for (const [index, id] of ids.entries()) {
      const job = await store.get(id)
      expect(allowed).toContain(job?.status)
      // A request that was heard in time is kept, and one that came too late changes nothing.
      if (cancellations[index] === 'resting') expect(job?.cancelRequestedAt).toBeNull()
      else expect(job?.cancelReason).toBe('enough')
      if (cancellations[index] === 'cancelled') expect(job?.status).toBe('cancelled')
    }
    expect(await wrongWith(store, ids)).toEqual([])
    report(context, row(`race: cancel against ${name}`, JOBS))
  })
})
