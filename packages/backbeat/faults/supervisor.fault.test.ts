import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { databases } from './databases.ts'
import { readEffects } from './effects.ts'
import { expectSound, prepare } from './expectations.ts'
import type { Ground } from './ground.ts'
import { conclude } from './trial.ts'
import { until } from './waiting.ts'

const MAIN = new URL('../src/cli/main.ts', import.meta.url).pathname
const APP = new URL('./fixtures/cli-app.ts', import.meta.url).pathname
const NODE_FLAGS = ['--conditions=backbeat-source', '--disable-warning=ExperimentalWarning']

/** `backbeat worker` with two processes; resolves when both take jobs. */
async function startSupervisor({ folder, database }: Ground, name: string): Promise<ChildProcess> {
  const file = join(folder, `${name}.log`)
  const log = openSync(file, 'a')
  const supervisor = spawn(process.execPath, [...NODE_FLAGS, MAIN, 'worker', '--app', APP, '--processes', '2'], {
    env: { ...process.env, FAULTS_STORE: database.url },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  onTestFinished(async () => {
    if (supervisor.exitCode !== null || supervisor.signalCode !== null) return
    const exited = once(supervisor, 'exit')
    supervisor.kill('SIGTERM')
    await exited
  })
  await until('the supervised workers are ready', () => readFileSync(file, 'utf8').includes('are ready'))
  return supervisor
}

/** The processes that have begun to run jobs. */
function workingPids({ effects }: Ground): number[] {
  return [...new Set(readEffects(effects).map(({ pid }) => pid))]
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe.each(await databases())('$name: a supervisor of worker processes', (kind) => {
  test('is killed under load: its workers do not outlive it for long, and another goes on', async (context) => {
    const ground = await prepare(kind, { workers: 0 })
    const first = await startSupervisor(ground, 'first')
    ground.load.start(20)
    await until('both of its workers work', () => workingPids(ground).length === 2)
    const inFlight = await ground.running()
    const orphans = workingPids(ground)
    for (const pid of orphans) ground.fleet.harms.push({ pid, kind: 'killed', at: Date.now() })
    first.kill('SIGKILL')
    await startSupervisor(ground, 'second')
    await until('the orphans are gone', () => !orphans.some(lives), { withinMs: 30_000 })
    await ground.load.stop()
    const fault = { name: 'supervisor killed', mayLeave: ['lost', 'released'] as const }
    expectSound(context, ground, await conclude(ground, fault, { injected: 1, inFlight }))
  })

  test('has a worker killed under load: it starts another', async (context) => {
    const ground = await prepare(kind, { workers: 0 })
    await startSupervisor(ground, 'only')
    ground.load.start(20)
    await until('both of its workers work', () => workingPids(ground).length === 2)
    const inFlight = await ground.running()
    const [victim = 0] = workingPids(ground)
    expect(lives(victim)).toBe(true)
    ground.fleet.harms.push({ pid: victim, kind: 'killed', at: Date.now() })
    process.kill(victim, 'SIGKILL')
    await until('a third one works', () => workingPids(ground).length === 3)
    await ground.load.stop()
    const fault = { name: 'kill -9 of a supervised worker', mayLeave: ['lost'] as const }
    expectSound(context, ground, await conclude(ground, fault, { injected: 1, inFlight }))
  })
})
