import { statfs } from 'node:fs/promises'
import type { Bench, Ground } from '../bench.ts'
import { now } from '../clock.ts'

/** What a finished job takes on disk with its indexes, and while they are made, at most. */
const BYTES_PER_JOB = 2500

/**
 * Adds finished jobs up to so many.
 *
 * @returns whether they are there
 */
export async function fillUp(bench: Bench, ground: Ground, history: number): Promise<boolean> {
  const { name: contender, maxHistory } = ground.contender
  const missing = history - ground.history
  if (missing <= 0) return true
  const count = history.toLocaleString('en')
  if (maxHistory !== undefined && history > maxHistory) {
    // Who keeps none is not expected to have any.
    if (maxHistory > 0) bench.skip(`history: ${contender}: ${count} finished jobs do not fit in memory`)
    return false
  }
  if ((await freeBytes(bench.folder)) < missing * BYTES_PER_JOB) {
    bench.skip(`history: ${contender}: the disk has no room for ${count} finished jobs`)
    return false
  }
  bench.say(`history: ${contender}: adding ${missing.toLocaleString('en')} finished jobs`)
  await using agent = await bench.agent(ground)
  const began = now()
  await agent.ask('addHistory', missing)
  bench.figures.add(
    { measure: 'history', contender, case: `making ${count} finished jobs`, history, metric: 'time', unit: 's' },
    (now() - began) / 1000,
  )
  const stored = await agent.ask('countFinished')
  if (stored === null || stored < history) throw new Error(`There are ${stored} finished jobs instead of ${history}.`)
  ground.history = stored
  return true
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
