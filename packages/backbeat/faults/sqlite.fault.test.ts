import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openStore } from '../src/open-store.ts'
import { sqliteIn } from './databases.ts'
import { SmallDisk } from './disk.ts'
import { expectSound, prepare, report } from './expectations.ts'
import { jobOf } from './load.ts'
import { lockHeld } from './sqlite-faults.ts'
import { tryFault } from './trial.ts'
import { sleep } from './waiting.ts'
import { killWorker } from './worker-faults.ts'

const kind = { name: 'SQLite', create: async (folder: string) => sqliteIn(folder) }
const PROBE = new URL('./fixtures/probe.ts', import.meta.url).pathname
const NOBODY = 65_534

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'backbeat-faults-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** What a process of another user says when it opens the store; `undefined` where it cannot run at all. */
async function probe(url: string, uid?: number): Promise<string | undefined> {
  const flags = ['--conditions=backbeat-source', '--disable-warning=ExperimentalWarning']
  const options = { timeout: 20_000, cwd: tmpdir(), ...(uid !== undefined && { uid, gid: uid }) }
  try {
    return (await promisify(execFile)(process.execPath, [...flags, PROBE, url], options)).stdout.trim()
  } catch {
    return undefined
  }
}

describe('SQLite: one file and several processes', () => {
  test('are killed in the midst of writing: the file is whole', async (context) => {
    const ground = await prepare(kind, { workers: 3, seed: 31 })
    const writers = () => jobOf('faults.items', { effects: ground.effects, count: 100, batch: 10, ms: 0 })
    await ground.load.insert(Array.from({ length: 60 }, writers))
    const fault = { ...killWorker, name: 'SQLite: kill -9 in mid-write' }
    expectSound(context, ground, await tryFault(ground, fault, { times: 6, betweenMs: [20, 200] }))
    await ground.database.check()
  })

  test('meet a writer that holds the lock for seconds: all goes on when it lets go', async (context) => {
    const ground = await prepare(kind, { workers: 2, seed: 32 })
    const slow = () => jobOf('faults.items', { effects: ground.effects, count: 40, batch: 10, ms: 100 })
    await ground.load.insert(Array.from({ length: 3 }, slow))
    const trial = await tryFault(ground, lockHeld, { times: 1 })
    expectSound(context, ground, trial)
    expect(trial.audit.statuses.failed ?? 0).toBe(0)
    expect(Object.keys(ground.load.refusals).filter((code) => code !== 'store_busy')).toEqual([])
  })

  test('meet a full disk: the error says so, and nothing is lost once there is space', async (context) => {
    const disk = SmallDisk.mount(join(temporaryFolder(), 'disk'), 24)
    if (!disk) return context.skip('A small disk cannot be mounted here; run this as root on Linux')
    const ground = await prepare({ ...kind, create: async () => sqliteIn(disk.folder) }, { workers: 2, seed: 33 })
    onTestFinished(() => disk.unmount())
    const slow = () => jobOf('faults.items', { effects: ground.effects, count: 60, batch: 10, ms: 50 })
    await ground.load.insert(Array.from({ length: 3 }, slow))
    const diskFull = {
      name: 'SQLite: disk full for 4 s',
      mayLeave: ['lost'] as const,
      inject() {
        return ground.outage(this.name, async () => {
          disk.fill()
          await sleep(4000)
          disk.free()
        })
      },
    }
    const trial = await tryFault(ground, diskFull, { times: 2, betweenMs: [1000, 1500] })
    expectSound(context, ground, trial)
    expect(trial.audit.statuses.failed ?? 0).toBe(0)
    expect(Object.keys(ground.load.refusals)).toEqual(['store_full'])
    await ground.database.check()
  })
})

describe('SQLite: a file that cannot be used', () => {
  test('is read-only: the error says so', async (context) => {
    const folder = temporaryFolder()
    const { url, file } = sqliteIn(folder)
    const store = await openStore(url)
    await store.migrate()
    await store.close()
    chmodSync(folder, 0o555)
    chmodSync(file, 0o444)
    const isRoot = process.getuid?.() === 0
    if (isRoot && (await probe('sqlite::memory:', NOBODY)) !== 'ok') {
      return context.skip('Nobody else may read this folder; run this as another user than root')
    }
    expect(await probe(url, isRoot ? NOBODY : undefined)).toBe('store_read_only')
    report(context, row('SQLite: read-only file'))
  })

  test('is where nobody may write: the error says so', async (context) => {
    const folder = join(temporaryFolder(), 'sealed')
    mkdirSync(folder, { mode: 0o555 })
    const isRoot = process.getuid?.() === 0
    if (isRoot && (await probe('sqlite::memory:', NOBODY)) !== 'ok') {
      return context.skip('Nobody else may read this folder; run this as another user than root')
    }
    expect(await probe(sqliteIn(folder).url, isRoot ? NOBODY : undefined)).toBe('store_unavailable')
    report(context, row('SQLite: sealed folder'))
  })

  test('is deleted under those who use it: they fail with a code or go on, and who comes next starts anew', async (context) => {
    const { url, file } = sqliteIn(temporaryFolder())
    const store = await openStore(url)
    onTestFinished(() => store.close())
    await store.migrate()
    await store.insert([jobOf('faults.work', {})])
    for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true })
    const answer = await store.insert([jobOf('faults.work', {})]).then(
      () => 'ok',
      (error) => String(error.code),
    )
    expect(['ok', 'store_read_only', 'store_unavailable']).toContain(answer)
    const next = await openStore(url)
    onTestFinished(() => next.close())
    await next.migrate()
    await next.insert([jobOf('faults.work', {})])
    expect((await next.list({}, { limit: 10 })).entries).toHaveLength(1)
    report(context, row('SQLite: file deleted'))
  })
})

function row(fault: string) {
  return { fault, injected: 1, inFlight: 0, lost: 0, doubled: 0, slowestRecoveryMs: null }
}
