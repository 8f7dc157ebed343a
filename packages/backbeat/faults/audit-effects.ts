import type { Effect } from './effects.ts'
import type { JobHistory } from './history.ts'
import { ITEM_BATCH } from './load.ts'

/**
 * Compares what a job did to the world with its record. Execution is at least once, so an effect
 * may be repeated, but only by an attempt that is on record.
 */
export function auditEffects({ job, attempts, effects }: JobHistory): { wasNotDone: string[]; doneTwice: string[] } {
  const wasNotDone: string[] = []
  const doneTwice: string[] = []
  const runs = Map.groupBy(effects, ({ run }) => run)
  const isOurs = typeof job.input === 'object' && job.input !== null && 'effects' in job.input
  const isDone = job.status === 'completed' || job.status === 'completed_with_warnings'
  // Its task never fails for good and nobody cancels it, so whatever else became of it was done to it.
  if (isOurs && !isDone) {
    wasNotDone.push(`job ${job.id} is ${job.status}, not done: ${job.errorType}: ${job.errorMessage}`)
  }
  if (isOurs && isDone && !effects.some(({ kind }) => kind === 'ended')) {
    wasNotDone.push(`job ${job.id} is ${job.status}, but nobody has done it`)
  }
  if (runs.size > attempts.length) {
    doneTwice.push(`job ${job.id} was run ${runs.size} times in ${attempts.length} attempts`)
  }

  const doneItems = effects.filter(({ kind }) => kind === 'item')
  for (const run of runs.values()) {
    const items = itemsOf(run)
    if (new Set(items).size !== items.length) doneTwice.push(`job ${job.id} did an item twice in one run`)
  }
  const distinct = new Set(doneItems.map(({ item }) => item)).size
  if (isOurs && isDone && distinct < job.items.total) {
    wasNotDone.push(`job ${job.id} counts ${job.items.total} items, and ${distinct} were done`)
  }
  // Each attempt that ended early may leave one batch done and not recorded, and one on its way.
  const mayRepeat = (attempts.length - 1) * 2 * ITEM_BATCH
  if (doneItems.length - distinct > mayRepeat) {
    doneTwice.push(
      `job ${job.id} repeated ${doneItems.length - distinct} items, and at most ${mayRepeat} are explained`,
    )
  }
  return { wasNotDone, doneTwice }
}

function itemsOf(run: readonly Effect[]): (string | undefined)[] {
  return run.filter(({ kind }) => kind === 'item').map(({ item }) => item)
}
