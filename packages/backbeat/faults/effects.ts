import { appendFileSync, existsSync, readFileSync } from 'node:fs'

/** Something that a task did to the world outside the store, where no rollback reaches it. */
export interface Effect {
  job: string
  /** Names one call of a task's `run`. */
  run: string
  attempt: number
  redeliveries: number
  kind: 'began' | 'item' | 'ended'
  item?: string
  pid: number
  at: number
}

/** Writes one line, whole or not at all: the file is opened for appending, and a line is far below a page. */
export function appendEffect(file: string, effect: Effect): void {
  appendFileSync(file, `${JSON.stringify(effect)}\n`)
}

export function readEffects(file: string): Effect[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Effect)
}

/** Effects by the job that they belong to. */
export function effectsByJob(effects: readonly Effect[]): Map<string, Effect[]> {
  return Map.groupBy(effects, ({ job }) => job)
}
